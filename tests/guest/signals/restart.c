// SA_RESTART against EINTR, for every call that blocks.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int ends[2], event, epoll, state, handled;
static char filler[65536];

static void note(int signal)
{
    (void)signal;
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void install(int flags)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    handled = 0;
}

// Each blocks for ever until released, and gives what the call gave (-1 with errno as Linux does).
static long block_read(void)
{
    char c;
    return read(ends[0], &c, 1);
}

static long block_write(void)
{
    return write(ends[1], filler, 10);
}

static long block_event(void)
{
    uint64_t v;
    return read(event, &v, 8);
}

static long block_poll(void)
{
    struct pollfd p = {ends[0], POLLIN, 0};
    return poll(&p, 1, 10000);
}

static long block_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    return select(ends[0] + 1, &set, NULL, NULL, NULL);
}

static long block_epoll(void)
{
    struct epoll_event e;
    return epoll_wait(epoll, &e, 1, -1);
}

static long block_nanosleep(void)
{
    struct timespec t = {10, 0}, left = {0, 0};
    long r = nanosleep(&t, &left);
    if (r == -1)
        CHECK_RANGE(left.tv_sec, 5, 9);
    return r;
}

static long block_clock_nanosleep(void)
{
    struct timespec t = timespec_of(clock_ns(CLOCK_MONOTONIC) + INT64_C(10000000000));
    int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    errno = error;
    return error ? -1 : 0;
}

static long block_ppoll(void)
{
    struct pollfd p = {ends[0], POLLIN, 0};
    return ppoll(&p, 1, NULL, NULL);
}

static long block_semaphore(void)
{
    static sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    struct timespec t = timespec_of(clock_ns(CLOCK_REALTIME) + INT64_C(10000000000));
    return sem_timedwait(&semaphore, &t);
}

static const struct {
    const char* name;
    long (*call)(void);
    bool restarts; // with SA_RESTART
} calls[] = {
    {"read of a pipe", block_read, true},
    {"write to a full pipe", block_write, true},
    {"read of an eventfd", block_event, true},
    {"poll", block_poll, false},
    {"ppoll", block_ppoll, false},
    {"select", block_select, false},
    {"epoll_wait", block_epoll, false},
    {"nanosleep", block_nanosleep, false},
    {"clock_nanosleep", block_clock_nanosleep, false},
    {"sem_timedwait", block_semaphore, false},
};

static long result;
static int error;

static void* blocked(void* which)
{
    __atomic_store_n(&state, 1, __ATOMIC_RELEASE);
    errno = 0;
    long r = calls[(intptr_t)which].call();
    error = errno;
    result = r;
    __atomic_store_n(&state, 2, __ATOMIC_RELEASE);
    return NULL;
}

static void set_up(bool full)
{
    CHECK_OK(pipe(ends));
    event = CHECK_OK(eventfd(0, 0));
    epoll = CHECK_OK(epoll_create1(0));
    if (full) {
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        while (write(ends[1], filler, sizeof filler) > 0)
            continue;
        fcntl(ends[1], F_SETFL, 0);
    }
}

static void release(bool full)
{
    uint64_t one = 1;
    if (full)
        CHECK(read(ends[0], filler, sizeof filler) > 0);
    else
        CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(write(event, &one, 8), 8);
}

static void interrupt(intptr_t which, int flags)
{
    bool full = calls[which].call == block_write;
    set_up(full);
    install(flags);
    state = 0;
    pthread_t thread = start_thread(blocked, (void*)which);
    wait_for(&state, 1);
    let_it_block();
    pthread_kill(thread, SIGUSR1);
    if (flags && calls[which].restarts) {
        CHECK(wait_for(&handled, 1));
        let_it_block();
        CHECK_EQ(state, 1); // still inside
        release(full);
        CHECK(wait_for(&state, 2));
        CHECK(result > 0);
    } else if (CHECK(wait_for(&state, 2))) {
        if (!CHECK_EQ(result, -1) || !CHECK_EQ(error, EINTR) || !CHECK_EQ(handled, 1))
            fprintf(stderr, "# in %s\n", calls[which].name);
    } else {
        fprintf(stderr, "# in %s\n", calls[which].name);
        release(full);
    }
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
    close(event);
    close(epoll);
}

TEST(signals, without_restart)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        interrupt((intptr_t)i, 0);
}

TEST(signals, with_restart)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        interrupt((intptr_t)i, SA_RESTART);
}

// A call that has moved bytes says how many rather than EINTR.
static void* write_much(void* unused)
{
    __atomic_store_n(&state, 1, __ATOMIC_RELEASE);
    result = write(ends[1], filler, sizeof filler);
    result += write(ends[1], filler, sizeof filler);
    __atomic_store_n(&state, 2, __ATOMIC_RELEASE);
    return unused;
}

TEST(signals, partial_write_is_told)
{
    set_up(false);
    CHECK_OK(fcntl(ends[1], F_SETPIPE_SZ, 65536 + 4096 > 65536 ? 65536 : 0));
    install(0);
    CHECK_EQ(write(ends[1], filler, 1000), 1000);
    state = 0;
    pthread_t thread = start_thread(write_much, NULL);
    wait_for(&state, 1);
    let_it_block();
    pthread_kill(thread, SIGUSR1); // the first write has moved part of its bytes
    let_it_block();
    pthread_kill(thread, SIGUSR1); // the second none
    CHECK(wait_for(&state, 2));
    pthread_join(thread, NULL);
    CHECK_RANGE(result, 57344 - 1, 65536 - 1000 - 1); // the second gave -1
    close(ends[0]);
    close(ends[1]);
    close(event);
    close(epoll);
}
