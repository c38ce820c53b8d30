// poll, ppoll, select, pselect: readiness, time limits, masks, and bad descriptors.
#include "../check.h"
#include "../support.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int64_t late = INT64_C(5000000000);

TEST(events, poll_several)
{
    int a[2], b[2];
    CHECK_OK(pipe(a));
    CHECK_OK(pipe(b));
    struct pollfd p[4] = {{a[0], POLLIN, 0}, {b[0], POLLIN, 0}, {-1, POLLIN, 7}, {a[1], POLLOUT, 0}};
    CHECK_EQ(poll(p, 3, 0), 0);
    CHECK_EQ(p[2].revents, 0); // negative: passed over
    CHECK_EQ(write(b[1], "x", 1), 1);
    CHECK_EQ(poll(p, 4, -1), 2);
    CHECK_EQ(p[0].revents, 0);
    CHECK_EQ(p[1].revents, POLLIN);
    CHECK_EQ(p[3].revents, POLLOUT);
    close(a[0]);
    close(a[1]);
    p[0].fd = a[0];
    CHECK_EQ(poll(p, 1, 0), 1);
    CHECK_EQ(p[0].revents, POLLNVAL);
    close(b[0]);
    close(b[1]);
}

TEST(events, poll_regular_file_is_always_ready)
{
    int fd = scratch_file("plain", "");
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLOUT);
    close(fd);
}

TEST(events, poll_time_limits)
{
    struct timespec t = {0, 20000000};
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQ(poll(NULL, 0, 20), 0);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 20000000, late);
    start = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQ(ppoll(NULL, 0, &t, NULL), 0);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 20000000, late);
    t.tv_nsec = -1;
    CHECK_ERR(ppoll(NULL, 0, &t, NULL), EINVAL);
    CHECK_ERR(poll((struct pollfd*)8, 1, 0), EFAULT);
    CHECK_ERR(poll(NULL, 1u << 30, 0), EINVAL);
}

static volatile int handled;

static void note(int signal)
{
    (void)signal;
    handled++;
}

static void* raise_in(void* thread)
{
    let_it_block();
    pthread_kill(*(pthread_t*)thread, SIGUSR1);
    return NULL;
}

TEST(events, ppoll_mask)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t none, blocked;
    pthread_t me = pthread_self();
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    CHECK_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    handled = 0;
    raise(SIGUSR1);
    CHECK_ERR(ppoll(NULL, 0, NULL, &none), EINTR);
    CHECK_EQ(handled, 1);
    pthread_t thread = start_thread(raise_in, &me);
    CHECK_ERR(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR);
    CHECK_EQ(handled, 2);
    pthread_join(thread, NULL);
}

TEST(events, select_sets)
{
    int ends[2];
    fd_set r, w, x;
    struct timeval zero = {0, 0}, t = {0, 20000};
    CHECK_OK(pipe(ends));
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_ZERO(&x);
    FD_SET(ends[0], &r);
    FD_SET(ends[1], &w);
    CHECK_EQ(select(ends[1] + 1, &r, &w, &x, &zero), 1);
    CHECK(!FD_ISSET(ends[0], &r));
    CHECK(FD_ISSET(ends[1], &w));
    CHECK_EQ(write(ends[1], "x", 1), 1);
    FD_SET(ends[0], &r);
    CHECK_EQ(select(ends[1] + 1, &r, &w, NULL, NULL), 2);
    CHECK(FD_ISSET(ends[0], &r));
    char c;
    CHECK_EQ(read(ends[0], &c, 1), 1);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQ(select(ends[0] + 1, &r, NULL, NULL, &t), 0);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 20000000, late);
    CHECK_EQ(t.tv_usec, 0); // Linux tells what is left
    close(ends[1]);
    FD_SET(ends[0], &r);
    CHECK_EQ(select(ends[0] + 1, &r, NULL, NULL, NULL), 1); // end of file is readable
    close(ends[0]);
    FD_SET(ends[0], &r);
    CHECK_ERR(select(ends[0] + 1, &r, NULL, NULL, &zero), EBADF);
    CHECK_ERR(select(-1, NULL, NULL, NULL, &zero), EINVAL);
    t.tv_sec = -1;
    CHECK_ERR(select(0, NULL, NULL, NULL, &t), EINVAL);
}

static int shared_fd;

static void* close_later(void* unused)
{
    let_it_block();
    close(shared_fd);
    return unused;
}

// Closing a descriptor that another thread polls must harm nobody; the poll ends by its limit.
TEST(events, close_while_polled)
{
    shared_fd = CHECK_OK(eventfd(0, 0));
    struct pollfd p = {shared_fd, POLLIN, 0};
    pthread_t thread = start_thread(close_later, NULL);
    CHECK_RANGE(poll(&p, 1, 60), 0, 1);
    pthread_join(thread, NULL);
    CHECK_ERR(close(shared_fd), EBADF);
}

TEST(events, poll_result_that_cannot_be_written)
{
    struct pollfd* p = (struct pollfd*)map_pages(1);
    CHECK(p != NULL);
    *p = (struct pollfd){-1, POLLIN, 0};
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    CHECK_ERR(poll(p, 1, 0), EFAULT);
    CHECK_OK(munmap(p, PAGE));
}

static void* write_later(void* fd)
{
    let_it_block();
    CHECK_EQ(write((int)(intptr_t)fd, "x", 1), 1);
    return NULL;
}

TEST(events, poll_wakes)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    struct pollfd p = {ends[0], POLLIN, 0};
    pthread_t thread = start_thread(write_later, (void*)(intptr_t)ends[1]);
    CHECK_EQ(poll(&p, 1, -1), 1);
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
}
