// Clocks: they go forward, agree with each other, with sleeping, and with the vDSO.
#include "../check.h"
#include "../support.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

static const clockid_t all[] = {CLOCK_REALTIME,          CLOCK_MONOTONIC,     CLOCK_PROCESS_CPUTIME_ID,
                                CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                                CLOCK_MONOTONIC_COARSE,  CLOCK_BOOTTIME,      CLOCK_TAI};
enum { CLOCKS = sizeof all / sizeof *all };

TEST(time, clocks_go_forward)
{
    for (int c = 0; c < CLOCKS; c++) {
        struct timespec t, before = {0, 0};
        for (int i = 0; i < 2000; i++) {
            if (!CHECK_EQ(clock_gettime(all[c], &t), 0))
                break;
            CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
            if (!CHECK(t.tv_sec > before.tv_sec ||
                       (t.tv_sec == before.tv_sec && t.tv_nsec >= before.tv_nsec)))
                break;
            before = t;
        }
    }
}

TEST(time, monotonic_never_stands_still_long)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC), now;
    int same = 0;
    do {
        now = clock_ns(CLOCK_MONOTONIC);
        same++;
    } while (now == start && same < 100000);
    CHECK(now > start);
}

TEST(time, realtime_is_plausible)
{
    time_t now = time(NULL);
    CHECK_RANGE(now, 1700000000, 4000000000);
    struct timeval tv;
    CHECK_OK(gettimeofday(&tv, NULL));
    CHECK_RANGE(tv.tv_sec, now, now + 60);
    CHECK_RANGE(tv.tv_usec, 0, 999999);
    CHECK_RANGE(clock_ns(CLOCK_REALTIME) / 1000000000, now, now + 60);
    CHECK_RANGE(clock_ns(CLOCK_REALTIME_COARSE) / 1000000000, now - 1, now + 60);
}

// The vDSO and the system call read the same clock: a - b - a must be in order.
TEST(time, vdso_agrees_with_system_call)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW};
    for (int c = 0; c < 4; c++)
        for (int i = 0; i < 200; i++) {
            struct timespec t;
            int64_t first = clock_ns(clocks[c]);
            CHECK_OK(syscall(SYS_clock_gettime, clocks[c], &t));
            int64_t second = t.tv_sec * INT64_C(1000000000) + t.tv_nsec, third = clock_ns(clocks[c]);
            if (!CHECK(first <= second && second <= third))
                break;
        }
    struct timeval tv;
    time_t before = time(NULL);
    CHECK_OK(syscall(SYS_gettimeofday, &tv, NULL));
    CHECK_RANGE(tv.tv_sec, before, before + 10);
    CHECK_RANGE(syscall(SYS_time, NULL), before, before + 10);
}

TEST(time, coarse_is_close)
{
    for (int i = 0; i < 50; i++) {
        int64_t coarse = clock_ns(CLOCK_MONOTONIC_COARSE), fine = clock_ns(CLOCK_MONOTONIC);
        CHECK(coarse <= fine);
        if (!CHECK(fine - coarse < 500000000))
            break;
    }
}

TEST(time, all_clocks_run_at_one_rate)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW};
    int64_t start[3], begin = clock_ns(CLOCK_MONOTONIC);
    for (int c = 0; c < 3; c++)
        start[c] = clock_ns(clocks[c]);
    sleep_ms(200);
    int64_t length = clock_ns(CLOCK_MONOTONIC) - begin;
    for (int c = 0; c < 3; c++)
        CHECK_RANGE(clock_ns(clocks[c]) - start[c], length * 95 / 100, length * 130 / 100);
}

TEST(time, resolution)
{
    struct timespec r;
    CHECK_OK(clock_getres(CLOCK_MONOTONIC, &r));
    CHECK_EQ(r.tv_sec, 0);
    CHECK_EQ(r.tv_nsec, 1);
    CHECK_OK(clock_getres(CLOCK_REALTIME, &r));
    CHECK_EQ(r.tv_nsec, 1);
    CHECK_OK(clock_getres(CLOCK_THREAD_CPUTIME_ID, &r));
    CHECK_EQ(r.tv_nsec, 1);
    CHECK_OK(clock_getres(CLOCK_MONOTONIC_COARSE, &r));
    CHECK_RANGE(r.tv_nsec, 1000000, 10000000);
    CHECK_OK(clock_getres(CLOCK_MONOTONIC, NULL));
    clockid_t mine;
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), &mine), 0);
    CHECK_OK(clock_getres(mine, &r));
    CHECK_ERR(clock_getres(999, &r), EINVAL);
    CHECK_ERR(clock_gettime(999, &r), EINVAL);
    CHECK_ERR(clock_settime(CLOCK_MONOTONIC, &r), EINVAL);
}

static void burn_ms(int ms)
{
    int64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ms * INT64_C(1000000);
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        continue;
}

static void* burn_thread(void* clock)
{
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), clock), 0);
    int64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    burn_ms(30);
    CHECK_RANGE(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start, 30000000, 200000000);
    return NULL;
}

static clockid_t dead_threads_clock;

static void let_another_burn(void)
{
    int64_t program = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    pthread_join(start_thread(burn_thread, &dead_threads_clock), NULL);
    CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - program >= 30000000); // the dead thread's time stays
}

static void sleep_a_while(void)
{
    sleep_ms(50);
}

// Whether it costs this thread less than 30 ms of CPU time. A virtual CPU that its busy host stops counts as
// running meanwhile, so there are several tries; where time were counted wrongly each of them would fail.
static bool costs_little(void (*act)(void))
{
    for (int i = 0; i < 8; i++) {
        int64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        act();
        int64_t cost = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
        if (!CHECK(cost >= 0))
            return false;
        if (cost < 30000000)
            return true;
    }
    return false;
}

TEST(time, cpu_clocks)
{
    CHECK(costs_little(let_another_burn));
    CHECK(costs_little(sleep_a_while));
    clockid_t clock = dead_threads_clock;
    struct timespec t;
    CHECK_ERR(clock_gettime(clock, &t), EINVAL); // that thread is gone
}

TEST(time, usage_counts)
{
    struct rusage before, after, mine;
    struct tms times_before, times_after;
    CHECK_OK(getrusage(RUSAGE_SELF, &before));
    CHECK(times(&times_before) != -1);
    burn_ms(60);
    CHECK_OK(getrusage(RUSAGE_SELF, &after));
    CHECK_OK(getrusage(RUSAGE_THREAD, &mine));
    CHECK(times(&times_after) != -1);
    int64_t user = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * INT64_C(1000000) +
                   after.ru_utime.tv_usec - before.ru_utime.tv_usec;
    int64_t system = (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * INT64_C(1000000) +
                     after.ru_stime.tv_usec - before.ru_stime.tv_usec;
    CHECK_RANGE(user + system, 40000, 2000000);
    CHECK(times_after.tms_utime + times_after.tms_stime > times_before.tms_utime + times_before.tms_stime);
    CHECK(after.ru_maxrss > 0 && after.ru_minflt > 0);
    CHECK(mine.ru_utime.tv_sec <= after.ru_utime.tv_sec + 1);
    CHECK_OK(getrusage(RUSAGE_CHILDREN, &after));
    CHECK_ERR(getrusage(99, &after), EINVAL);
}
