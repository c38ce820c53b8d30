// Ends with files open that know each other, and with threads that sleep in them.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void* read_it(void* end)
{
    char byte;
    return (void*)(intptr_t)read((int)(intptr_t)end, &byte, 1);
}

static void* wait_for_it(void* set)
{
    struct epoll_event event;
    return (void*)(intptr_t)epoll_wait((int)(intptr_t)set, &event, 1, -1);
}

int main(void)
{
    int ends[2];
    pthread_t thread;
    const int inner = epoll_create1(0), outer = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    const int file = open("/tmp/held", O_RDWR | O_CREAT, 0600);
    const struct itimerspec soon = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (pipe(ends) || file < 0 || unlink("/tmp/held") || flock(file, LOCK_EX) || lockf(file, F_LOCK, 10))
        return 1;
    event.data.fd = ends[0];
    if (epoll_ctl(inner, EPOLL_CTL_ADD, ends[0], &event) || epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) ||
        epoll_ctl(outer, EPOLL_CTL_ADD, timer, &event) || timerfd_settime(timer, 0, &soon, NULL))
        return 2;
    for (int i = 0; i < 4; i++) {
        pthread_create(&thread, 0, read_it, (void*)(intptr_t)ends[0]);
        pthread_create(&thread, 0, wait_for_it, (void*)(intptr_t)(i & 1 ? inner : outer));
    }
    usleep(20000);
    exit(9);
}
