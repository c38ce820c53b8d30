// What a thread has used: its faults, its switches, and its time in the application and in the kernel.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

static int64_t microseconds(struct timeval t)
{
    return t.tv_sec * INT64_C(1000000) + t.tv_usec;
}

TEST(time, usage_minor_faults)
{
    enum { PAGES = 64 };
    struct rusage before, after;
    char* pages = map_pages(PAGES);
    REQUIRE(pages != NULL);
    CHECK_OK(madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE));
    CHECK_OK(getrusage(RUSAGE_THREAD, &before));
    for (int i = PAGES - 1; i >= 0; i--) // backwards: nothing is given ahead
        pages[i * PAGE] = 1;
    CHECK_OK(getrusage(RUSAGE_THREAD, &after));
    CHECK_RANGE(after.ru_minflt - before.ru_minflt, PAGES, PAGES + 16);
    CHECK_EQ(after.ru_majflt, before.ru_majflt); // no memory of its own comes from a device
    before = after;
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = 2;
    CHECK_OK(getrusage(RUSAGE_THREAD, &after));
    CHECK_RANGE(after.ru_minflt - before.ru_minflt, 0, 8);
    CHECK_OK(munmap(pages, PAGES * PAGE));
}

// A fault of the kernel that copies for a call is the thread's, too.
TEST(time, usage_faults_of_calls)
{
    enum { PAGES = 16 };
    struct rusage before, after;
    int zero = CHECK_OK(open("/dev/zero", O_RDONLY));
    char* pages = map_pages(PAGES);
    REQUIRE(pages != NULL);
    CHECK_OK(madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE));
    CHECK_OK(getrusage(RUSAGE_THREAD, &before));
    for (int i = PAGES - 1; i >= 0; i--)
        CHECK_EQ(read(zero, pages + i * PAGE, PAGE), PAGE);
    CHECK_OK(getrusage(RUSAGE_THREAD, &after));
    CHECK_RANGE(after.ru_minflt - before.ru_minflt, PAGES, PAGES + 16);
    CHECK_OK(munmap(pages, PAGES * PAGE));
    close(zero);
}

// An address that is no memory is no fault that was served.
TEST(time, usage_leaves_out_signals)
{
    struct rusage before, after;
    for (int i = 0; i < 2; i++) { // the first time touches the handler's code
        CHECK_OK(getrusage(RUSAGE_THREAD, &before));
        for (int n = 0; n < 20; n++)
            CHECK_EQ(FAULT(*(volatile char*)8 = 1).signal, SIGSEGV);
        CHECK_OK(getrusage(RUSAGE_THREAD, &after));
    }
    CHECK_RANGE(after.ru_minflt - before.ru_minflt, 0, 10);
}

TEST(time, usage_voluntary_switches)
{
    struct rusage before, after;
    CHECK_OK(getrusage(RUSAGE_THREAD, &before));
    for (int i = 0; i < 20; i++)
        sleep_ms(5); // who is stopped for longer on the way need not wait any more
    CHECK_OK(getrusage(RUSAGE_THREAD, &after));
    CHECK_RANGE(after.ru_nvcsw - before.ru_nvcsw, 10, 200);
}

static void compute_until(int64_t end)
{
    while (clock_ns(CLOCK_MONOTONIC) < end) // no system call
        for (volatile int i = 0; i < 10000; i++)
            continue;
}

static int64_t in_ms(int ms)
{
    return clock_ns(CLOCK_MONOTONIC) + ms * INT64_C(1000000);
}

static void* compete(void* one_cpu)
{
    struct rusage used;
    CHECK_OK(sched_setaffinity(0, sizeof(cpu_set_t), one_cpu));
    compute_until(in_ms(200));
    CHECK_OK(getrusage(RUSAGE_THREAD, &used));
    CHECK_RANGE(used.ru_nivcsw, 1, 100000);
    return NULL;
}

TEST(time, usage_involuntary_switches)
{
    cpu_set_t all, one;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    pthread_t other = start_thread(compete, &one);
    pthread_join(start_thread(compete, &one), NULL);
    pthread_join(other, NULL);
}

struct division {
    int64_t user, system;
};

static struct division used_by(int who)
{
    struct rusage usage;
    CHECK_OK(getrusage(who, &usage));
    return (struct division){microseconds(usage.ru_utime), microseconds(usage.ru_stime)};
}

// Both run in a thread of their own, whose time begins with it.
static void* compute(void* unused)
{
    compute_until(in_ms(300));
    struct division used = used_by(RUSAGE_THREAD);
    CHECK(used.user > 4 * used.system);
    return unused;
}

static char block[1 << 18];

static void* let_the_kernel_work(void* unused)
{
    int zero = CHECK_OK(open("/dev/zero", O_RDONLY));
    int64_t end = in_ms(300);
    while (clock_ns(CLOCK_MONOTONIC) < end)
        CHECK_EQ(read(zero, block, sizeof block), sizeof block);
    close(zero);
    struct division used = used_by(RUSAGE_THREAD);
    CHECK(used.system > 4 * used.user);
    return unused;
}

TEST_IF(TEST_TIMING, time, usage_division)
{
    struct division before = used_by(RUSAGE_SELF);
    pthread_join(start_thread(compute, NULL), NULL);
    struct division computed = used_by(RUSAGE_SELF);
    CHECK(computed.user - before.user > computed.system - before.system);
    pthread_join(start_thread(let_the_kernel_work, NULL), NULL);
    struct division worked = used_by(RUSAGE_SELF);
    CHECK(worked.system > computed.system);
}

TEST(time, usage_never_steps_back)
{
    struct division last = {0, 0};
    for (int i = 0; i < 40; i++) {
        if (i % 2)
            compute_until(in_ms(3));
        else
            for (int n = 0; n < 20; n++)
                CHECK_EQ(close(-1), -1);
        struct division now = used_by(RUSAGE_SELF);
        CHECK(now.user >= last.user && now.system >= last.system);
        last = now;
    }
}

static long field(const char* line, int number)
{
    const char* at = strrchr(line, ')'); // the end of the second
    for (int n = 2; at && n < number; n++)
        at = strchr(at + 1, ' ');
    return at ? atol(at) : -1;
}

TEST(time, usage_in_proc)
{
    enum { MINOR = 10, MAJOR = 12, USER = 14, SYSTEM = 15 };
    char line[1024] = "";
    struct rusage before, after;
    struct tms clock;
    CHECK_OK(getrusage(RUSAGE_SELF, &before));
    int file = CHECK_OK(open("/proc/self/stat", O_RDONLY));
    CHECK(read(file, line, sizeof line - 1) > 0);
    close(file);
    CHECK(times(&clock) != -1);
    CHECK_OK(getrusage(RUSAGE_SELF, &after));
    CHECK_RANGE(field(line, MINOR), before.ru_minflt, after.ru_minflt);
    CHECK_RANGE(field(line, MAJOR), before.ru_majflt, after.ru_majflt);
    CHECK_RANGE(field(line, USER), microseconds(before.ru_utime) / 10000,
                microseconds(after.ru_utime) / 10000);
    CHECK_RANGE(field(line, SYSTEM), microseconds(before.ru_stime) / 10000,
                microseconds(after.ru_stime) / 10000);
    CHECK_RANGE(clock.tms_utime, field(line, USER), microseconds(after.ru_utime) / 10000);
    CHECK_RANGE(clock.tms_stime, field(line, SYSTEM), microseconds(after.ru_stime) / 10000);
}
