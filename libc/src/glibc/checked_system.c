#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checked.h"

void __chk_fail(void)
{
    a_crash();
}

ssize_t __read_chk(int from, void *to, size_t size, size_t room)
{
    CHECK(size, room);
    return read(from, to, size);
}

ssize_t __pread_chk(int from, void *to, size_t size, off_t offset, size_t room)
{
    CHECK(size, room);
    return pread(from, to, size, offset);
}

ssize_t __pread64_chk(int from, void *to, size_t size, off_t offset, size_t room)
{
    CHECK(size, room);
    return pread(from, to, size, offset);
}

ssize_t __recv_chk(int from, void *to, size_t size, size_t room, int flags)
{
    CHECK(size, room);
    return recv(from, to, size, flags);
}

ssize_t __recvfrom_chk(int from, void *to, size_t size, size_t room, int flags, struct sockaddr *address,
                       socklen_t *length)
{
    CHECK(size, room);
    return recvfrom(from, to, size, flags, address, length);
}

ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return readlink(path, to, size);
}

ssize_t __readlinkat_chk(int folder, const char *path, char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return readlinkat(folder, path, to, size);
}

char *__getcwd_chk(char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return getcwd(to, size);
}

char *__realpath_chk(const char *path, char *to, size_t room)
{
    if (to)
        CHECK((size_t)PATH_MAX, room);
    return realpath(path, to);
}

int __gethostname_chk(char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return gethostname(to, size);
}

int __getgroups_chk(int count, gid_t *to, size_t room)
{
    CHECK(count > 0 ? (size_t)count * sizeof *to : 0, room);
    return getgroups(count, to);
}

int __ttyname_r_chk(int descriptor, char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return ttyname_r(descriptor, to, size);
}

size_t __confstr_chk(int name, char *to, size_t size, size_t room)
{
    CHECK(size, room);
    return confstr(name, to, size);
}

int __poll_chk(struct pollfd *descriptors, nfds_t count, int timeout, size_t room)
{
    CHECK(count, room / sizeof *descriptors);
    return poll(descriptors, count, timeout);
}

int __ppoll_chk(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                size_t room)
{
    CHECK(count, room / sizeof *descriptors);
    return ppoll(descriptors, count, timeout, mask);
}

long __fdelt_chk(long descriptor)
{
    CHECK((unsigned long)descriptor + 1, (unsigned long)FD_SETSIZE);
    return descriptor / (8 * (long)sizeof(long));
}

_Noreturn void __longjmp_chk(jmp_buf where, int value)
{
    longjmp(where, value);
}

/* Flags that create a file need a mode, which these do not have. */
static int checked_flags(int flags)
{
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
        a_crash();
    return flags;
}

int __open_2(const char *path, int flags)
{
    return open(path, checked_flags(flags));
}

int __open64_2(const char *path, int flags)
{
    return open(path, checked_flags(flags));
}

int __openat_2(int folder, const char *path, int flags)
{
    return openat(folder, path, checked_flags(flags));
}

int __openat64_2(int folder, const char *path, int flags)
{
    return openat(folder, path, checked_flags(flags));
}
