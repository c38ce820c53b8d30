/* Functions of glibc that musl has under another name, or in another form. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "pthread_impl.h"
#include "syscall.h"

/* 0 is always right: the program does not leave out its atomic operations. */
char __libc_single_threaded = 0;

const char* gnu_get_libc_version(void)
{
    return "2.36";
}

const char* gnu_get_libc_release(void)
{
    return "stable";
}

int fcntl64(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    unsigned long argument = va_arg(arguments, unsigned long);
    va_end(arguments);
    return fcntl(descriptor, command, argument);
}

int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void* object)
{
    (void)object;
    return pthread_atfork(prepare, parent, child);
}

char* __strdup(const char* s)
{
    return strdup(s);
}

char* __strndup(const char* s, size_t size)
{
    return strndup(s, size);
}

void* __mempcpy(void* to, const void* from, size_t size)
{
    return mempcpy(to, from, size);
}

char* __strtok_r(char* restrict s, const char* restrict separators, char** restrict state)
{
    return strtok_r(s, separators, state);
}

void* __rawmemchr(const void* s, int value)
{
    return memchr(s, value, (size_t)-1 / 2);
}

void* rawmemchr(const void* s, int value)
{
    return memchr(s, value, (size_t)-1 / 2);
}

/* Waiting against a chosen clock: musl's conditions have theirs in an attribute, so the time is translated.
 */
static struct timespec on_realtime(clockid_t clock, const struct timespec* until)
{
    struct timespec there, here;
    if (clock == CLOCK_REALTIME)
        return *until;
    clock_gettime(clock, &there);
    clock_gettime(CLOCK_REALTIME, &here);
    struct timespec result = {here.tv_sec + until->tv_sec - there.tv_sec,
                              here.tv_nsec + until->tv_nsec - there.tv_nsec};
    if (result.tv_nsec >= 1000000000)
        result.tv_nsec -= 1000000000, result.tv_sec++;
    if (result.tv_nsec < 0)
        result.tv_nsec += 1000000000, result.tv_sec--;
    return result;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const struct timespec* until)
{
    struct timespec translated = on_realtime(clock, until);
    return pthread_cond_timedwait(condition, mutex, &translated);
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const struct timespec* until)
{
    struct timespec translated = on_realtime(clock, until);
    return pthread_mutex_timedlock(mutex, &translated);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock, const struct timespec* until)
{
    struct timespec translated = on_realtime(clock, until);
    return pthread_rwlock_timedrdlock(lock, &translated);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock, const struct timespec* until)
{
    struct timespec translated = on_realtime(clock, until);
    return pthread_rwlock_timedwrlock(lock, &translated);
}

int sem_clockwait(sem_t* semaphore, clockid_t clock, const struct timespec* until)
{
    struct timespec translated = on_realtime(clock, until);
    return sem_timedwait(semaphore, &translated);
}

void arc4random_buf(void* to, size_t size)
{
    unsigned char* at = to;
    while (size) {
        ssize_t got = getrandom(at, size < 256 ? size : 256, 0);
        if (got > 0)
            at += got, size -= (size_t)got;
    }
}

unsigned arc4random(void)
{
    unsigned value;
    arc4random_buf(&value, sizeof value);
    return value;
}

unsigned arc4random_uniform(unsigned bound)
{
    if (bound < 2)
        return 0;
    unsigned value, least = -bound % bound;
    do
        value = arc4random();
    while (value < least);
    return value % bound;
}

int close_range(unsigned first, unsigned last, int flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}

struct statx;
int statx(int folder, const char* restrict path, int flags, unsigned mask, struct statx* restrict to)
{
    return (int)syscall(SYS_statx, folder, path, flags, mask, to);
}

int pthread_sigqueue(pthread_t thread, int signal, const union sigval value)
{
    siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid()};
    info.si_value = value;
    return (int)-__syscall(SYS_rt_tgsigqueueinfo, getpid(), thread->tid, signal, &info);
}

int renameat2(int old_folder, const char* old, int new_folder, const char* new, unsigned flags)
{
    return (int)syscall(SYS_renameat2, old_folder, old, new_folder, new, flags);
}

size_t __mbrlen(const char* s, size_t size, mbstate_t* state)
{
    return mbrlen(s, size, state);
}

long __sysconf(int name)
{
    return sysconf(name);
}

cpu_set_t* __sched_cpualloc(size_t count)
{
    return malloc((count + 63) / 64 * 8);
}

void __sched_cpufree(cpu_set_t* set)
{
    free(set);
}

/* The word behind the offset is for machines on which it takes two. */
ssize_t preadv64v2(int descriptor, const struct iovec* parts, int count, off_t offset, int flags)
{
    return syscall_cp(SYS_preadv2, descriptor, parts, count, offset, 0, flags);
}

ssize_t pwritev64v2(int descriptor, const struct iovec* parts, int count, off_t offset, int flags)
{
    return syscall_cp(SYS_pwritev2, descriptor, parts, count, offset, 0, flags);
}

ssize_t preadv2(int descriptor, const struct iovec* parts, int count, off_t offset, int flags)
{
    return preadv64v2(descriptor, parts, count, offset, flags);
}

ssize_t pwritev2(int descriptor, const struct iovec* parts, int count, off_t offset, int flags)
{
    return pwritev64v2(descriptor, parts, count, offset, flags);
}
