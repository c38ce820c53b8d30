// dup, dup2, dup3, fcntl's descriptor commands, close_range, and the limit on descriptors.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(files, duplicate)
{
    int fd = CHECK_OK(open("/dev/null", O_RDWR | O_CLOEXEC));
    int a = CHECK_OK(dup(fd));
    CHECK_EQ(fcntl(a, F_GETFD), 0); // not inherited
    CHECK_EQ(dup2(fd, 50), 50);
    CHECK_EQ(dup2(fd, fd), fd);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC); // left alone by the line before
    CHECK_EQ(dup3(fd, 51, O_CLOEXEC), 51);
    CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(dup3(fd, fd, 0), EINVAL);
    CHECK_ERR(dup3(fd, 52, O_APPEND), EINVAL);
    CHECK_ERR(dup(-1), EBADF);
    CHECK_ERR(dup2(-1, 50), EBADF);
    CHECK_ERR(dup2(fd, -1), EBADF);
    CHECK_ERR(dup2(fd, 1 << 30), EBADF);
    CHECK_EQ(fcntl(fd, F_DUPFD, 60), 60);
    CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 60), 61);
    CHECK_EQ(fcntl(61, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
    for (int i = 50; i <= 61; i++)
        close(i);
    close(a);
    close(fd);
}

TEST(files, duplicate_closes_the_old)
{
    int ends[2], other[2];
    char c;
    CHECK_OK(pipe(ends));
    CHECK_OK(pipe(other));
    CHECK_EQ(dup2(other[1], ends[1]), ends[1]); // the first pipe loses its only writer
    CHECK_EQ(read(ends[0], &c, 1), 0);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(other[i]);
    }
}

TEST(files, status_flags)
{
    int fd = CHECK_OK(open("/dev/null", O_RDWR | O_APPEND));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND);
    CHECK_OK(fcntl(fd, F_SETFL, O_NONBLOCK | O_WRONLY | O_CREAT)); // mode and creation flags are ignored
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK);
    int twin = CHECK_OK(dup(fd));
    CHECK_OK(fcntl(twin, F_SETFL, 0));
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0); // shared
    int on = 1;
    CHECK_OK(ioctl(fd, FIONBIO, &on));
    CHECK_EQ(fcntl(twin, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    CHECK_OK(ioctl(fd, FIOCLEX));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_OK(ioctl(fd, FIONCLEX));
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    CHECK_ERR(fcntl(fd, 9999), EINVAL);
    CHECK_ERR(fcntl(-1, F_GETFL), EBADF);
    close(fd);
    close(twin);
}

TEST(files, close_range)
{
    int fds[6];
    for (int i = 0; i < 6; i++)
        fds[i] = CHECK_OK(fcntl(2, F_DUPFD, 100 + i));
    CHECK_OK(close_range(101, 103, 0));
    CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
    for (int i = 1; i < 4; i++)
        CHECK_ERR(fcntl(fds[i], F_GETFD), EBADF);
    CHECK_OK(close_range(104, 104, CLOSE_RANGE_CLOEXEC));
    CHECK_EQ(fcntl(fds[4], F_GETFD), FD_CLOEXEC);
    CHECK_OK(close_range(100, ~0u, 0));
    CHECK_ERR(fcntl(fds[5], F_GETFD), EBADF);
    CHECK_ERR(close_range(5, 4, 0), EINVAL);
    CHECK_ERR(close_range(200, 201, 0x40000000), EINVAL);
}

TEST(files, descriptor_limit)
{
    struct rlimit before, lower;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &before));
    lower = before;
    lower.rlim_cur = 40;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &lower));
    int last = -1, fd;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    CHECK_EQ(errno, EMFILE);
    CHECK_EQ(last, 39);
    CHECK_ERR(dup(0), EMFILE);
    CHECK_ERR(fcntl(0, F_DUPFD, 40), EINVAL);
    int ends[2];
    CHECK_ERR(pipe(ends), EMFILE);
    for (fd = 3; fd < 40; fd++)
        close(fd);
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &before));
}

TEST(files, many_descriptors)
{
    struct rlimit before, higher;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &before));
    higher = before;
    higher.rlim_cur = higher.rlim_max < 4096 ? higher.rlim_max : 4096;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &higher));
    int count = 0, fds[1000];
    for (; count < 1000 && (rlim_t)count + 32 < higher.rlim_cur; count++)
        if ((fds[count] = CHECK_OK(open("/dev/null", O_RDONLY))) < 0)
            break;
    CHECK_EQ(count, 1000);
    while (count--)
        close(fds[count]);
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &before));
}

TEST(files, not_a_terminal)
{
    char buffer[64];
    int fd = scratch_file("plain", "x");
    CHECK_ERR(ioctl(fd, TIOCGWINSZ, buffer), ENOTTY);
    CHECK_ERR(syscall(SYS_ioctl, fd, 0x5401 /* TCGETS */, buffer), ENOTTY);
    CHECK(!isatty(fd));
    CHECK_EQ(errno, ENOTTY);
    CHECK_ERR(ioctl(-1, FIONBIO, buffer), EBADF);
    int bytes = 0;
    CHECK_OK(ioctl(fd, FIONREAD, &bytes));
    CHECK_EQ(bytes, 1);
    close(fd);
    CHECK(!isatty(-1));
    CHECK_EQ(errno, EBADF);
}
