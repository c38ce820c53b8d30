// A bad pointer is EFAULT from every call that takes one, never a signal; and nothing is half done.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Null page, a hole, the first kernel address, non-canonical, the last byte.
static const uintptr_t bad[] = {
    8, 0x10, 0x7ffffffff000, 0xffff800000000000, 0x8000000000000000, ~UINT64_C(15)};
enum { BAD = sizeof bad / sizeof *bad };

// Each takes one bad address in some argument.
static long call(int which, uintptr_t p)
{
    static int ends[2] = {-1, -1};
    if (ends[0] < 0)
        CHECK_OK(pipe2(ends, O_NONBLOCK));
    switch (which) {
    case 0:
        return syscall(SYS_openat, AT_FDCWD, p, O_RDONLY);
    case 1:
        return syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0);
    case 2:
        return syscall(SYS_pipe2, p, 0);
    case 3:
        return syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, p);
    case 4:
        return syscall(SYS_nanosleep, p, NULL);
    case 5:
        return syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8);
    case 6:
        return syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8);
    case 7:
        return syscall(SYS_getrlimit, RLIMIT_NOFILE, p);
    case 8:
        return syscall(SYS_uname, p);
    case 9:
        return syscall(SYS_write, ends[1], p, 8);
    case 10:
        return syscall(SYS_poll, p, 1, 0);
    case 11:
        return syscall(SYS_futex, p & ~UINT64_C(3), 0 /* WAIT */, 0, NULL, NULL, 0);
    case 12:
        return syscall(SYS_readlink, "/proc/self/exe", p, 64);
    case 13:
        return syscall(SYS_getrusage, RUSAGE_SELF, p);
    case 14:
        return syscall(SYS_mkdirat, AT_FDCWD, p, 0700);
    case 15:
        return syscall(SYS_sysinfo, p);
    case 16:
        return syscall(SYS_getrandom, p, 16, 0);
    case 17:
        return syscall(SYS_chdir, p);
    case 18:
        return syscall(SYS_rt_sigpending, p, 8);
    case 19:
        return syscall(SYS_sigaltstack, p, NULL);
    default:
        return -2;
    }
}

TEST(memory, bad_pointers_everywhere)
{
    for (int which = 0;; which++) {
        if (call(which, bad[0]) == -2)
            break;
        for (int i = 0; i < BAD; i++) {
            errno = 0;
            long result = call(which, bad[i]);
            int error = errno;
            if (result != -1 || error != EFAULT) {
                char text[80];
                snprintf(text, sizeof text, "call %d with %#lx: %ld %s", which, bad[i], result,
                         strerrorname_np(error));
                CHECK_STR(text, "-1 EFAULT");
            }
        }
    }
}

TEST(memory, read_into_read_only_page)
{
    int fd = scratch_file("data", "data");
    char* p = map_pages(2);
    REQUIRE(p);
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    CHECK_ERR(read(fd, p, 4), EFAULT);
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_ERR(pwrite(fd, p, 4, 0), EFAULT);
    char text[8] = {0};
    CHECK_EQ(pread(fd, text, 8, 0), 4);
    CHECK_STR(text, "data");
    munmap(p, 2 * PAGE);
    close(fd);
}

TEST(memory, string_that_runs_off_its_page)
{
    char* p = map_pages(2);
    REQUIRE(p);
    memset(p, 'a', PAGE);
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
    CHECK_ERR(open(p + PAGE - 10, O_RDONLY), EFAULT);
    p[PAGE - 1] = 0;
    CHECK_ERR(open(p + PAGE - 10, O_RDONLY), ENOENT); // ends just in time
    munmap(p, 2 * PAGE);
}

TEST(memory, write_stops_at_a_hole)
{
    int fd = scratch_file("hole", "");
    char* p = map_pages(2);
    REQUIRE(p);
    CHECK_OK(munmap(p + PAGE, PAGE));
    ssize_t n = write(fd, p + PAGE - 100, 200);
    CHECK(n == 100 || (n == -1 && errno == EFAULT)); // what could be copied, or nothing
    munmap(p, PAGE);
    close(fd);
}
