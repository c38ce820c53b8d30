// Record locks (per process and per open file) and flock. One process: record locks of its own never
// conflict.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static struct flock region(short type, off_t start, off_t length)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

TEST(files, record_locks)
{
    int a = scratch_file("records", "0123456789");
    int b = CHECK_OK(open(scratch("records"), O_RDWR));
    struct flock all = region(F_WRLCK, 0, 0), part = region(F_RDLCK, 2, 3), probe = region(F_WRLCK, 0, 0);
    CHECK_OK(fcntl(a, F_SETLK, &all));
    CHECK_OK(fcntl(b, F_SETLK, &part)); // the same process: replaces
    CHECK_OK(fcntl(b, F_GETLK, &probe));
    CHECK_EQ(probe.l_type, F_UNLCK);
    CHECK_OK(fcntl(b, F_SETLKW, &all));
    part.l_type = F_UNLCK;
    CHECK_OK(fcntl(a, F_SETLK, &part));
    close(a);
    close(b);
}

TEST(files, record_lock_errors)
{
    int fd = scratch_file("records", "x");
    int reader = CHECK_OK(open(scratch("records"), O_RDONLY));
    struct flock lock = region(F_WRLCK, 0, 0);
    CHECK_ERR(fcntl(reader, F_SETLK, &lock), EBADF);
    lock.l_type = 99;
    CHECK_ERR(fcntl(fd, F_SETLK, &lock), EINVAL);
    lock = region(F_WRLCK, -5, 1);
    CHECK_ERR(fcntl(fd, F_SETLK, &lock), EINVAL);
    CHECK_ERR(fcntl(fd, F_SETLK, (struct flock*)8), EFAULT);
    close(fd);
    close(reader);
}

TEST(files, open_file_locks_conflict)
{
    int a = scratch_file("ofd", "0123456789");
    int b = CHECK_OK(open(scratch("ofd"), O_RDWR));
    struct flock first = region(F_WRLCK, 0, 5), clash = region(F_WRLCK, 4, 2), beside = region(F_WRLCK, 5, 5);
    CHECK_OK(fcntl(a, F_OFD_SETLK, &first));
    CHECK_ERR(fcntl(b, F_OFD_SETLK, &clash), EAGAIN);
    CHECK_OK(fcntl(b, F_OFD_SETLK, &beside));
    CHECK_OK(fcntl(b, F_OFD_GETLK, &clash));
    CHECK_EQ(clash.l_type, F_WRLCK);
    CHECK_EQ(clash.l_start, 0);
    CHECK_EQ(clash.l_len, 5);
    CHECK_EQ(clash.l_pid, -1);
    close(a); // lets go
    clash = region(F_WRLCK, 4, 1);
    CHECK_OK(fcntl(b, F_OFD_SETLK, &clash));
    close(b);
}

static int holder;

static void* release_later(void* unused)
{
    struct flock lock = region(F_UNLCK, 0, 0);
    sleep_ms(30);
    CHECK_OK(fcntl(holder, F_OFD_SETLK, &lock));
    return unused;
}

TEST(files, open_file_lock_waits)
{
    holder = scratch_file("ofd-wait", "x");
    int b = CHECK_OK(open(scratch("ofd-wait"), O_RDWR));
    struct flock lock = region(F_WRLCK, 0, 0), want = region(F_WRLCK, 0, 0);
    CHECK_OK(fcntl(holder, F_OFD_SETLK, &lock));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    pthread_t thread = start_thread(release_later, NULL);
    CHECK_OK(fcntl(b, F_OFD_SETLKW, &want));
    CHECK(clock_ns(CLOCK_MONOTONIC) - start >= 25000000);
    pthread_join(thread, NULL);
    close(holder);
    close(b);
}

TEST(files, flock_conflicts)
{
    int a = scratch_file("flock", "x");
    int b = CHECK_OK(open(scratch("flock"), O_RDONLY));
    int twin = CHECK_OK(dup(a));
    CHECK_OK(flock(a, LOCK_EX | LOCK_NB));
    CHECK_OK(flock(twin, LOCK_EX | LOCK_NB)); // the same open file
    CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(flock(a, LOCK_SH)); // converts
    CHECK_OK(flock(b, LOCK_SH | LOCK_NB));
    CHECK_ERR(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(flock(b, LOCK_UN));
    CHECK_OK(flock(a, LOCK_EX | LOCK_NB));
    close(a);
    CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK); // twin still holds it
    close(twin);
    CHECK_OK(flock(b, LOCK_SH | LOCK_NB));
    CHECK_ERR(flock(b, 0), EINVAL);
    CHECK_ERR(flock(-1, LOCK_SH), EBADF);
    close(b);
}
