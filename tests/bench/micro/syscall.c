// The price of entering the kernel, of clocks, and of the simplest files.
#include "micro.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define TIMES for (uint64_t i = 0; i < count; i++)

static int getppid_call(uint64_t count, void* unused)
{
    (void)unused;
    TIMES if (syscall(SYS_getppid) < 0) return -1;
    return 0;
}

static int getpid_call(uint64_t count, void* unused)
{
    (void)unused;
    TIMES if (getpid() < 0) return -1;
    return 0;
}

static int yield(uint64_t count, void* unused)
{
    (void)unused;
    TIMES if (sched_yield() != 0) return -1;
    return 0;
}

static int clock_read(uint64_t count, void* clock)
{
    struct timespec t;
    TIMES if (clock_gettime((clockid_t)(intptr_t)clock, &t) != 0) return -1;
    return 0;
}

static int clock_by_call(uint64_t count, void* unused)
{
    struct timespec t;
    (void)unused;
    TIMES if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) != 0) return -1;
    return 0;
}

static int time_of_day(uint64_t count, void* unused)
{
    struct timeval t;
    (void)unused;
    TIMES if (gettimeofday(&t, NULL) != 0) return -1;
    return 0;
}

static int tsc(uint64_t count, void* unused)
{
    (void)unused;
    TIMES read_tsc();
    return 0;
}

static int read_byte(uint64_t count, void* fd)
{
    char c;
    TIMES if (read((int)(intptr_t)fd, &c, 1) != 1) return -1;
    return 0;
}

static int write_byte(uint64_t count, void* fd)
{
    char c = 0;
    TIMES if (write((int)(intptr_t)fd, &c, 1) != 1) return -1;
    return 0;
}

static int open_close(uint64_t count, void* path)
{
    TIMES
    {
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

static int stat_path(uint64_t count, void* path)
{
    struct stat st;
    TIMES if (stat(path, &st) != 0) return -1;
    return 0;
}

int main(void)
{
    benchmark("syscall.getppid", getppid_call, NULL);
    benchmark("syscall.getpid", getpid_call, NULL);
    benchmark("syscall.sched_yield", yield, NULL);
    benchmark("clock.monotonic", clock_read, (void*)(intptr_t)CLOCK_MONOTONIC);
    benchmark("clock.realtime", clock_read, (void*)(intptr_t)CLOCK_REALTIME);
    benchmark("clock.monotonic_coarse", clock_read, (void*)(intptr_t)CLOCK_MONOTONIC_COARSE);
    benchmark("clock.thread_cpu", clock_read, (void*)(intptr_t)CLOCK_THREAD_CPUTIME_ID);
    benchmark("clock.monotonic_by_syscall", clock_by_call, NULL);
    benchmark("clock.gettimeofday", time_of_day, NULL);
    benchmark("clock.rdtsc", tsc, NULL);
    benchmark("dev.read1_zero", read_byte, (void*)(intptr_t)open("/dev/zero", O_RDONLY));
    benchmark("dev.write1_null", write_byte, (void*)(intptr_t)open("/dev/null", O_WRONLY));
    benchmark("dev.open_close_null", open_close, "/dev/null");
    benchmark("fs.stat_root", stat_path, "/");
    return 0;
}
