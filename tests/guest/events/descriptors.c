// eventfd, timerfd and signalfd.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int state(int fd)
{
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

TEST(events, eventfd_counter)
{
    uint64_t v = 5;
    int fd = CHECK_OK(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
    CHECK_EQ(state(fd), POLLIN | POLLOUT);
    CHECK_EQ(write(fd, &v, 8), 8);
    CHECK_EQ(read(fd, &v, 8), 8);
    CHECK_EQ(v, 8);
    CHECK_ERR(read(fd, &v, 8), EAGAIN);
    CHECK_EQ(state(fd), POLLOUT);
    v = UINT64_MAX - 1;
    CHECK_EQ(write(fd, &v, 8), 8);
    CHECK_EQ(state(fd), POLLIN);
    v = 1;
    CHECK_ERR(write(fd, &v, 8), EAGAIN);
    v = UINT64_MAX;
    CHECK_ERR(write(fd, &v, 8), EINVAL);
    CHECK_ERR(read(fd, &v, 4), EINVAL);
    CHECK_ERR(write(fd, &v, 4), EINVAL);
    close(fd);
    CHECK_ERR(eventfd(0, 0x40000000), EINVAL);
}

TEST(events, eventfd_semaphore)
{
    uint64_t v = 0;
    int fd = CHECK_OK(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
    CHECK_EQ(read(fd, &v, 8), 8);
    CHECK_EQ(v, 1);
    CHECK_EQ(read(fd, &v, 8), 8);
    CHECK_EQ(v, 1);
    CHECK_ERR(read(fd, &v, 8), EAGAIN);
    close(fd);
}

static void* read_event(void* fd)
{
    uint64_t v = 0;
    CHECK_EQ(read((int)(intptr_t)fd, &v, 8), 8);
    return (void*)v;
}

TEST(events, eventfd_blocks)
{
    uint64_t v = 9;
    void* got = NULL;
    int fd = CHECK_OK(eventfd(0, 0));
    pthread_t thread = start_thread(read_event, (void*)(intptr_t)fd);
    let_it_block();
    CHECK_EQ(write(fd, &v, 8), 8);
    pthread_join(thread, &got);
    CHECK_EQ((uintptr_t)got, 9);
    close(fd);
}

TEST(events, timerfd_once_and_again)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
    for (int i = 0; i < 3; i++) {
        uint64_t n = 0;
        struct itimerspec t = {{0, 0}, {0, 20000000}}, now;
        int fd = CHECK_OK(timerfd_create(clocks[i], TFD_NONBLOCK | TFD_CLOEXEC));
        CHECK_OK(timerfd_gettime(fd, &now));
        CHECK_EQ(now.it_value.tv_nsec, 0);
        CHECK_ERR(read(fd, &n, 8), EAGAIN);
        int64_t start = clock_ns(clocks[i]);
        CHECK_OK(timerfd_settime(fd, 0, &t, NULL));
        CHECK_OK(timerfd_gettime(fd, &now));
        CHECK_RANGE(now.it_value.tv_nsec, 1, 20000000);
        CHECK_EQ(state(fd), 0);
        struct pollfd p = {fd, POLLIN, 0};
        CHECK_EQ(poll(&p, 1, 10000), 1);
        CHECK(clock_ns(clocks[i]) - start >= 20000000);
        CHECK_EQ(read(fd, &n, 8), 8);
        CHECK_EQ(n, 1);
        t = (struct itimerspec){{0, 2000000}, timespec_of(clock_ns(clocks[i]) + 2000000)};
        CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
        sleep_ms(30);
        CHECK_EQ(read(fd, &n, 8), 8);
        CHECK_RANGE(n, 10, 100000);
        t = (struct itimerspec){{0, 0}, {0, 0}};
        CHECK_OK(timerfd_settime(fd, 0, &t, &now));
        CHECK_EQ(now.it_interval.tv_nsec, 2000000);
        CHECK_ERR(read(fd, &n, 8), EAGAIN);
        close(fd);
    }
}

TEST(events, timerfd_blocking_read)
{
    uint64_t n = 0;
    struct itimerspec t = {{0, 0}, {0, 20000000}};
    int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_OK(timerfd_settime(fd, 0, &t, NULL));
    CHECK_EQ(read(fd, &n, 8), 8);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 20000000, INT64_C(5000000000));
    close(fd);
}

TEST(events, timerfd_refused)
{
    uint64_t n;
    struct itimerspec t = {{0, 0}, {0, 1000000000}};
    int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    CHECK_ERR(timerfd_settime(fd, 0, &t, NULL), EINVAL);
    CHECK_ERR(timerfd_settime(fd, 0x40000000, &t, NULL), EINVAL);
    CHECK_ERR(read(fd, &n, 4), EINVAL);
    CHECK_ERR(write(fd, &n, 8), EINVAL);
    CHECK_ERR(timerfd_create(999, 0), EINVAL);
    CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 0x40000000), EINVAL);
    int other = CHECK_OK(eventfd(0, 0));
    t.it_value.tv_nsec = 0;
    CHECK_ERR(timerfd_settime(other, 0, &t, NULL), EINVAL);
    close(other);
    close(fd);
}

TEST(events, signalfd_reads_signals)
{
    sigset_t set;
    struct signalfd_siginfo info[4];
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    int fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    CHECK_ERR(read(fd, info, sizeof info), EAGAIN);
    CHECK_EQ(state(fd), 0);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 42}));
    CHECK_EQ(state(fd), POLLIN);
    CHECK_EQ(read(fd, info, sizeof info), 2 * sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGUSR1);
    CHECK_EQ(info[0].ssi_code, SI_USER);
    CHECK_EQ(info[0].ssi_pid, getpid());
    CHECK_EQ(info[1].ssi_signo, SIGRTMIN + 1);
    CHECK_EQ(info[1].ssi_int, 42);
    sigdelset(&set, SIGUSR1);
    CHECK_EQ(signalfd(fd, &set, 0), fd); // a new mask
    raise(SIGUSR1);
    CHECK_ERR(read(fd, info, sizeof info), EAGAIN);
    CHECK_ERR(read(fd, info, 10), EINVAL);
    CHECK_ERR(signalfd(0x3fffff, &set, 0), EBADF);
    signal(SIGUSR1, SIG_IGN);
    close(fd);
}

TEST(events, anonymous_descriptors_are_not_terminals)
{
    char buffer[64];
    int fd = CHECK_OK(eventfd(0, 0));
    CHECK_EQ(syscall(SYS_ioctl, fd, 0x5401 /* TCGETS */, buffer), -1);
    CHECK(errno == ENOTTY || errno == EINVAL);
    int on = 1;
    CHECK_OK(ioctl(fd, FIONBIO, &on));
    CHECK_ERR(read(fd, buffer, 8), EAGAIN);
    close(fd);
}
