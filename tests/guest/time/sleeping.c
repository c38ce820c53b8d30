// Sleeping: never too short, absolute and relative, on every clock, with many sleepers at once.
#include "../check.h"
#include "../support.h"

#include <sys/syscall.h>
#include <unistd.h>

static const int64_t late = INT64_C(5000000000); // a slow machine may be late, never early

TEST(time, sleep_lengths)
{
    static const int64_t lengths[] = {1, 1000, 100000, 1000000, 20000000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct timespec t = timespec_of(lengths[i]);
        int64_t start = clock_ns(CLOCK_MONOTONIC);
        CHECK_OK(nanosleep(&t, NULL));
        CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, lengths[i], late);
    }
    struct timespec zero = {0, 0};
    CHECK_OK(nanosleep(&zero, NULL));
}

TEST(time, sleep_refused)
{
    struct timespec t = {0, 1000000000};
    CHECK_ERR(nanosleep(&t, NULL), EINVAL);
    t = (struct timespec){-1, 0};
    CHECK_ERR(nanosleep(&t, NULL), EINVAL);
    t = (struct timespec){0, 1};
    CHECK_EQ(clock_nanosleep(999, 0, &t, NULL), EINVAL);
    CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_nanosleep, (void*)8, NULL), EFAULT);
}

TEST(time, sleep_until)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
    for (int i = 0; i < 3; i++) {
        int64_t end = clock_ns(clocks[i]) + 20000000;
        struct timespec t = timespec_of(end);
        CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &t, NULL), 0);
        CHECK_RANGE(clock_ns(clocks[i]) - end, 0, late);
        CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &t, NULL), 0); // past: at once
        t = timespec_of(10000000);
        int64_t start = clock_ns(clocks[i]);
        CHECK_EQ(clock_nanosleep(clocks[i], 0, &t, NULL), 0);
        CHECK_RANGE(clock_ns(clocks[i]) - start, 10000000, late);
    }
}

static void* sleep_for(void* ms)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    sleep_ms((int)(intptr_t)ms);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, (intptr_t)ms * 1000000, late);
    return NULL;
}

TEST(time, many_sleepers)
{
    enum { MANY = 50 };
    pthread_t threads[MANY];
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < MANY; i++)
        threads[i] = start_thread(sleep_for, (void*)(intptr_t)(5 + i * 7 % 50));
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    CHECK(clock_ns(CLOCK_MONOTONIC) - start < late);
}

TEST_IF(TEST_TIMING, time, sleep_is_not_very_late)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < 20; i++)
        sleep_ms(5);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 100000000, 300000000);
}
