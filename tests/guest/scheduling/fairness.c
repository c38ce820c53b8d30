// Equal shares: twice as many spinning threads as CPUs, and eight, get the same CPU time within 5 %.
#include "../check.h"
#include "../support.h"

#include <unistd.h>

enum { MOST = 64 };
static int go, stop;
static int64_t used[MOST];

static void* spin(void* index)
{
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
        sched_yield();
    int64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        __asm__ volatile("" ::: "memory");
    used[(intptr_t)index] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
    return NULL;
}

// Per cent of one CPU that all threads together had.
static int share(int threads)
{
    pthread_t all[MOST];
    go = stop = 0;
    for (int i = 0; i < threads; i++)
        all[i] = start_thread(spin, (void*)(intptr_t)i);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    while (clock_ns(CLOCK_MONOTONIC) - start < 1000000000)
        sleep_ms(50);
    int64_t length = clock_ns(CLOCK_MONOTONIC) - start, sum = 0;
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < threads; i++) {
        pthread_join(all[i], NULL);
        sum += used[i];
    }
    int64_t fair = sum / threads;
    for (int i = 0; i < threads; i++)
        CHECK_RANGE(used[i], fair * 95 / 100, fair * 105 / 100);
    return (int)(sum * 100 / length);
}

TEST_IF(TEST_TIMING, scheduling, fair_shares_of_eight)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (8 % cpus == 0)
        share(8);
}

TEST_IF(TEST_TIMING, scheduling, fair_shares_two_per_cpu)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus <= MOST / 2)
        share(cpus * 2);
}

// Not on Linux, whose machine may have other things to do.
TEST_IF(TEST_TIMING | TEST_KILN_ONLY, scheduling, no_cpu_is_idle)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus <= MOST / 2)
        CHECK_RANGE(share(cpus * 2), cpus * 90, cpus * 105);
}

static int64_t worst;

static void* wake_often(void* unused)
{
    for (int i = 0; i < 40; i++) {
        int64_t start = clock_ns(CLOCK_MONOTONIC);
        sleep_ms(2);
        int64_t late = clock_ns(CLOCK_MONOTONIC) - start - 2000000;
        if (late > worst)
            worst = late;
    }
    return unused;
}

// A thread that sleeps most of the time is not kept waiting by spinning ones.
TEST_IF(TEST_TIMING, scheduling, sleeper_wakes_among_spinners)
{
    int threads = (int)sysconf(_SC_NPROCESSORS_ONLN) * 2;
    pthread_t all[MOST];
    if (threads > MOST)
        return;
    go = 1;
    stop = 0;
    worst = 0;
    for (int i = 0; i < threads; i++)
        all[i] = start_thread(spin, (void*)(intptr_t)i);
    pthread_join(start_thread(wake_often, NULL), NULL);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
    CHECK_RANGE(worst, 0, 100000000);
}
