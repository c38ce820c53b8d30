// epoll and poll with few and many descriptors, eventfd, sleeping.
#include "micro.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

enum { MANY = 900 };
static int fds[MANY], used, poller;

static bool signal_event(int fd)
{
    uint64_t one = 1;
    return write(fd, &one, sizeof one) == sizeof one;
}

// One of the descriptors is signalled, found, and read.
static int find_one(uint64_t count, void* unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        struct epoll_event events[8];
        uint64_t v;
        if (!signal_event(fds[i % (unsigned)used]) || epoll_wait(poller, events, 8, -1) != 1 ||
            read(events[0].data.fd, &v, sizeof v) != sizeof v)
            return -1;
    }
    return 0;
}

// All are ready, level-triggered: the price of an event.
static int collect(uint64_t count, void* unused)
{
    struct epoll_event events[256];
    (void)unused;
    for (uint64_t got = 0; got < count;) {
        int n = epoll_wait(poller, events, 256, -1);
        if (n <= 0)
            return -1;
        got += (uint64_t)n;
    }
    return 0;
}

static int wait_empty(uint64_t count, void* unused)
{
    struct epoll_event events[8];
    (void)unused;
    for (uint64_t i = 0; i < count; i++)
        if (epoll_wait(poller, events, 8, 0) != 0)
            return -1;
    return 0;
}

static int modify(uint64_t count, void* unused)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[0]};
    (void)unused;
    for (uint64_t i = 0; i < count; i++)
        if (epoll_ctl(poller, EPOLL_CTL_MOD, fds[0], &event) != 0)
            return -1;
    return 0;
}

static int poll_all(uint64_t count, void* set)
{
    for (uint64_t i = 0; i < count; i++)
        if (poll(set, (nfds_t)used, 0) != 0)
            return -1;
    return 0;
}

static int write_read(uint64_t count, void* p)
{
    int fd = (int)(intptr_t)p;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t v;
        if (!signal_event(fd) || read(fd, &v, sizeof v) != sizeof v)
            return -1;
    }
    return 0;
}

static int sleep_for(uint64_t count, void* ns)
{
    struct timespec t = {0, (long)(intptr_t)ns};
    for (uint64_t i = 0; i < count; i++)
        if (nanosleep(&t, NULL) != 0)
            return -1;
    return 0;
}

static bool open_more(int want)
{
    for (; used < want; used++) {
        struct epoll_event event = {.events = EPOLLIN};
        fds[used] = event.data.fd = eventfd(0, EFD_NONBLOCK);
        if (fds[used] < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fds[used], &event) != 0)
            return false;
    }
    return true;
}

static void with_many(void)
{
    static struct pollfd set[MANY];
    benchmark("epoll.signal_wait_read_900fds", find_one, NULL);
    for (int i = 0; i < used; i++)
        set[i] = (struct pollfd){fds[i], POLLIN, 0};
    benchmark("poll.900fds_none_ready", poll_all, set);
    for (int i = 0; i < used; i++)
        if (!signal_event(fds[i]))
            return;
    benchmark("epoll.per_event_900_ready", collect, NULL);
}

int main(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    benchmark("eventfd.write_read", write_read, (void*)(intptr_t)eventfd(0, 0));
    poller = epoll_create1(0);
    if (poller < 0 || !open_more(1)) {
        print_impossible("epoll.signal_wait_read_1fd", "set-up");
        return 1;
    }
    benchmark("epoll.signal_wait_read_1fd", find_one, NULL);
    benchmark("epoll.wait_empty", wait_empty, NULL);
    benchmark("epoll.ctl_mod", modify, NULL);
    if (open_more(MANY))
        with_many();
    else
        print_impossible("epoll.signal_wait_read_900fds", "eventfd");
    benchmark("timer.nanosleep_1us", sleep_for, (void*)1000);
    benchmark("timer.nanosleep_1ms", sleep_for, (void*)1000000);
    return 0;
}
