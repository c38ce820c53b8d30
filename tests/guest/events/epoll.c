// epoll: level and edge, one-shot, exclusive, nested, masks, and everything that it refuses.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int poller, source;
static struct epoll_event ready[16];

static void open_all(void)
{
    poller = CHECK_OK(epoll_create1(EPOLL_CLOEXEC));
    source = CHECK_OK(eventfd(0, EFD_NONBLOCK));
}

static void close_all(void)
{
    close(poller);
    close(source);
}

static int control(int op, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};
    return epoll_ctl(poller, op, fd, &e);
}

static int wait_now(void)
{
    return epoll_wait(poller, ready, 16, 0);
}

static void post(void)
{
    uint64_t one = 1;
    CHECK_EQ(write(source, &one, 8), 8);
}

static void drain(void)
{
    uint64_t v;
    CHECK_EQ(read(source, &v, 8), 8);
}

TEST(events, epoll_level)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    CHECK_EQ(wait_now(), 0);
    post();
    CHECK_EQ(wait_now(), 1);
    CHECK_EQ(ready[0].events, EPOLLIN);
    CHECK_EQ(ready[0].data.fd, source);
    CHECK_EQ(wait_now(), 1); // still
    drain();
    CHECK_EQ(wait_now(), 0);
    CHECK_OK(control(EPOLL_CTL_MOD, source, EPOLLIN | EPOLLOUT));
    CHECK_EQ(wait_now(), 1);
    CHECK_EQ(ready[0].events, EPOLLOUT);
    CHECK_OK(control(EPOLL_CTL_MOD, source, 0)); // parked
    CHECK_EQ(wait_now(), 0);
    CHECK_OK(control(EPOLL_CTL_DEL, source, 0));
    post();
    CHECK_EQ(wait_now(), 0);
    close_all();
}

TEST(events, epoll_edge)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLET));
    post();
    CHECK_EQ(wait_now(), 1);
    CHECK_EQ(wait_now(), 0); // told once
    post();
    CHECK_EQ(wait_now(), 1); // once more for each new event
    CHECK_EQ(wait_now(), 0);
    CHECK_OK(control(EPOLL_CTL_MOD, source, EPOLLIN | EPOLLET)); // arms again
    CHECK_EQ(wait_now(), 1);
    close_all();
}

TEST(events, epoll_edge_at_add)
{
    open_all();
    post();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)); // Go's
    CHECK_EQ(wait_now(), 1);
    CHECK_EQ(ready[0].events, EPOLLIN | EPOLLOUT);
    CHECK_EQ(wait_now(), 0);
    drain();
    close_all();
}

TEST(events, epoll_one_shot)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLONESHOT));
    post();
    CHECK_EQ(wait_now(), 1);
    post();
    CHECK_EQ(wait_now(), 0);
    CHECK_OK(control(EPOLL_CTL_MOD, source, EPOLLIN | EPOLLONESHOT));
    CHECK_EQ(wait_now(), 1);
    close_all();
}

TEST(events, epoll_refused)
{
    open_all();
    int file = scratch_file("plain", "x"), folder = open("/tmp", O_RDONLY);
    CHECK_ERR(control(EPOLL_CTL_ADD, file, EPOLLIN), EPERM); // every Go program relies on it
    CHECK_ERR(control(EPOLL_CTL_ADD, folder, EPOLLIN), EPERM);
    CHECK_ERR(control(EPOLL_CTL_ADD, poller, EPOLLIN), EINVAL);
    CHECK_ERR(control(EPOLL_CTL_ADD, 999, EPOLLIN), EBADF);
    CHECK_ERR(control(EPOLL_CTL_DEL, source, 0), ENOENT);
    CHECK_ERR(control(EPOLL_CTL_MOD, source, EPOLLIN), ENOENT);
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    CHECK_ERR(control(EPOLL_CTL_ADD, source, EPOLLIN), EEXIST);
    CHECK_ERR(control(99, source, EPOLLIN), EINVAL);
    CHECK_ERR(epoll_ctl(poller, EPOLL_CTL_MOD, source, NULL), EFAULT);
    CHECK_ERR(epoll_ctl(source, EPOLL_CTL_ADD, poller, ready), EINVAL); // not an epoll
    CHECK_ERR(epoll_wait(source, ready, 1, 0), EINVAL);
    CHECK_ERR(epoll_wait(999, ready, 1, 0), EBADF);
    CHECK_ERR(epoll_wait(poller, ready, 0, 0), EINVAL);
    CHECK_ERR(epoll_wait(poller, ready, -1, 0), EINVAL);
    post();
    CHECK_ERR(epoll_wait(poller, (struct epoll_event*)8, 1, 0), EFAULT);
    CHECK_ERR(epoll_create1(7), EINVAL);
    CHECK_ERR(epoll_create(0), EINVAL);
    close(file);
    close(folder);
    close_all();
}

TEST(events, epoll_hang_up_and_error)
{
    int ends[2];
    open_all();
    CHECK_OK(pipe(ends));
    CHECK_OK(control(EPOLL_CTL_ADD, ends[0], 0)); // HUP and ERR always come
    CHECK_OK(control(EPOLL_CTL_ADD, ends[1], EPOLLOUT));
    CHECK_EQ(wait_now(), 1);
    close(ends[1]);
    CHECK_EQ(wait_now(), 1); // the closed one is gone by itself
    CHECK_EQ(ready[0].events, EPOLLHUP);
    CHECK_EQ(ready[0].data.fd, ends[0]);
    close(ends[0]);
    CHECK_EQ(wait_now(), 0);
    CHECK_OK(pipe(ends));
    CHECK_OK(control(EPOLL_CTL_ADD, ends[1], EPOLLOUT));
    close(ends[0]);
    CHECK_EQ(wait_now(), 1);
    CHECK_EQ(ready[0].events, EPOLLOUT | EPOLLERR);
    close(ends[1]);
    close_all();
}

TEST(events, epoll_closed_but_duplicated)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    int twin = CHECK_OK(dup(source));
    post();
    close(source);
    CHECK_EQ(wait_now(), 1); // lives as long as the open file
    close(twin);
    CHECK_EQ(wait_now(), 0);
    close(poller);
}

TEST(events, epoll_nested)
{
    open_all();
    int outer = CHECK_OK(epoll_create1(0));
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = 77}, got;
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    CHECK_OK(epoll_ctl(outer, EPOLL_CTL_ADD, poller, &e));
    CHECK_EQ(epoll_wait(outer, &got, 1, 0), 0);
    struct pollfd p = {outer, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, 0), 0);
    post();
    CHECK_EQ(epoll_wait(outer, &got, 1, 0), 1);
    CHECK_EQ(got.data.u64, 77);
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(wait_now(), 1);
    e.data.fd = outer;
    CHECK_ERR(epoll_ctl(poller, EPOLL_CTL_ADD, outer, &e), ELOOP);
    drain();
    CHECK_EQ(epoll_wait(outer, &got, 1, 0), 0);
    close(outer);
    close_all();
}

TEST(events, epoll_time_limit)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQ(epoll_wait(poller, ready, 16, 30), 0);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 29000000, INT64_C(5000000000));
    close_all();
}

static void* post_later(void* unused)
{
    let_it_block();
    post();
    return unused;
}

TEST(events, epoll_wakes)
{
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    pthread_t thread = start_thread(post_later, NULL);
    CHECK_EQ(epoll_wait(poller, ready, 16, -1), 1);
    pthread_join(thread, NULL);
    drain();
    close_all();
}

static int rounds_answered;

static void* post_rounds(void* count)
{
    for (int i = 0; i < (int)(intptr_t)count; i++) {
        post();
        if (!wait_for(&rounds_answered, i + 1))
            break;
    }
    return NULL;
}

// News that come while the set is being asked are not lost: each round would hang.
TEST(events, epoll_edge_hears_every_round)
{
    enum { ROUNDS = 2000 };
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLET));
    rounds_answered = 0;
    pthread_t thread = start_thread(post_rounds, (void*)(intptr_t)ROUNDS);
    for (int i = 0; i < ROUNDS; i++) {
        if (epoll_wait(poller, ready, 16, 5000) != 1)
            break;
        drain();
        __atomic_store_n(&rounds_answered, i + 1, __ATOMIC_RELEASE);
    }
    CHECK_EQ(rounds_answered, ROUNDS);
    pthread_join(thread, NULL);
    close_all();
}

static int added_late;

static void* add_later(void* unused)
{
    let_it_block();
    CHECK_OK(control(EPOLL_CTL_ADD, added_late, EPOLLOUT));
    return unused;
}

TEST(events, epoll_add_wakes_a_waiter)
{
    open_all();
    added_late = CHECK_OK(eventfd(0, 0));
    pthread_t thread = start_thread(add_later, NULL);
    CHECK_EQ(epoll_wait(poller, ready, 16, 10000), 1);
    CHECK_EQ(ready[0].data.fd, added_late);
    pthread_join(thread, NULL);
    close(added_late);
    close_all();
}

static volatile int handled;

static void note(int signal)
{
    (void)signal;
    handled++;
}

TEST(events, epoll_pwait_mask)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t blocked, open_mask;
    open_all();
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    sigemptyset(&open_mask);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    handled = 0;
    raise(SIGUSR1);
    CHECK_EQ(epoll_wait(poller, ready, 16, 1), 0);
    CHECK_EQ(handled, 0);
    CHECK_ERR(epoll_pwait(poller, ready, 16, -1, &open_mask), EINTR);
    CHECK_EQ(handled, 1);
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &open_mask));
    CHECK_EQ(sigismember(&open_mask, SIGUSR1), 1);
    close_all();
}

// Ready descriptors take turns when there are more than fit.
TEST(events, epoll_round_robin)
{
    enum { MANY = 20 };
    int fds[MANY];
    bool seen[MANY] = {false};
    open_all();
    for (int i = 0; i < MANY; i++) {
        fds[i] = CHECK_OK(eventfd(1, 0));
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        CHECK_OK(epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &e));
    }
    for (int i = 0; i < MANY; i++) {
        CHECK_EQ(epoll_wait(poller, ready, 1, 0), 1);
        CHECK(!seen[ready[0].data.u32]);
        seen[ready[0].data.u32] = true;
    }
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    close_all();
}

static int asleep;

static void* wait_exclusive(void* interest)
{
    struct epoll_event e = {.events = (uint32_t)(uintptr_t)interest | EPOLLEXCLUSIVE};
    int mine = CHECK_OK(epoll_create1(0));
    CHECK_OK(epoll_ctl(mine, EPOLL_CTL_ADD, source, &e));
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(epoll_wait(mine, &e, 1, 10000), 1);
    __atomic_sub_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    close(mine);
    return NULL;
}

TEST(events, epoll_exclusive)
{
    pthread_t threads[4];
    open_all();
    asleep = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(wait_exclusive, (void*)(uintptr_t)EPOLLIN);
    REQUIRE(wait_for(&asleep, 4));
    let_it_block();
    for (int left = 3; left >= 0; left--) { // each event wakes one set, whose watch then goes
        post();
        wait_for(&asleep, left);
        let_it_block();
        CHECK_EQ(__atomic_load_n(&asleep, __ATOMIC_SEQ_CST), left);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close_all();
}

// Ordinary watches hear of an event that an exclusive watch takes.
TEST(events, epoll_exclusive_and_others)
{
    open_all();
    asleep = 0;
    pthread_t thread = start_thread(wait_exclusive, (void*)(uintptr_t)EPOLLIN);
    REQUIRE(wait_for(&asleep, 1));
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLET));
    let_it_block();
    post();
    pthread_join(thread, NULL);
    CHECK_EQ(wait_now(), 1);
    close_all();
}

TEST(events, epoll_exclusive_refused)
{
    open_all();
    struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT};
    CHECK_ERR(epoll_ctl(poller, EPOLL_CTL_ADD, source, &e), EINVAL);
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN | EPOLLEXCLUSIVE));
    CHECK_ERR(control(EPOLL_CTL_MOD, source, EPOLLIN), EINVAL);
    CHECK_OK(control(EPOLL_CTL_DEL, source, 0));
    CHECK_OK(control(EPOLL_CTL_ADD, source, EPOLLIN));
    CHECK_ERR(control(EPOLL_CTL_MOD, source, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    close_all();
}
