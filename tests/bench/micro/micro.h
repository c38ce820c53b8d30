// What the microbenchmarks share: clocks, repetition, and the form of a result.
//
// Each program prints lines `METRIC VALUE UNIT`, or `METRIC NA REASON` for what the system cannot do. They
// use threads only, no fork, so that every system that runs one program can run them. Environment: MB_MS =
// milliseconds that one repetition should last (60), MB_REPS = repetitions, whose median counts (5), MB_ONLY
// = the only metric to measure. Under QEMU's icount a nanosecond is an instruction; MB_MS=2 MB_REPS=1 is then
// exact enough.
#pragma once

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Does the measured operation `count` times; 0, or -1 when it cannot be done.
typedef int (*operation)(uint64_t count, void* argument);

static inline uint64_t clock_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t now(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

static inline uint64_t read_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline int setting(const char* name, int otherwise)
{
    const char* value = getenv(name);
    return value && *value ? atoi(value) : otherwise;
}

// Whether this row was asked for: all are, unless MB_ONLY names one.
static inline int wanted(const char* metric)
{
    const char* only = getenv("MB_ONLY");
    return !only || strcmp(only, metric) == 0;
}

static inline void print_result(const char* metric, double value, const char* unit)
{
    printf("%s %.6g %s\n", metric, value, unit);
    fflush(stdout);
}

static inline void print_impossible(const char* metric, const char* reason)
{
    const char* error = strerrorname_np(errno);
    printf("%s NA %s(%s)\n", metric, reason, error ? error : "?");
    fflush(stdout);
}

static int compare_doubles(const void* a, const void* b)
{
    double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static inline double median(double* values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count & 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

// A count for which the operation takes about MB_MS; 0 when it cannot be done. A single long run proves
// nothing (the first touches pages, fills caches), so the length is believed only the second time.
static inline uint64_t find_count(operation run, void* argument, double target)
{
    uint64_t count = 1;
    if (run(1, argument) != 0)
        return 0;
    for (int believed = 0;;) {
        uint64_t start = now();
        if (run(count, argument) != 0)
            return 0;
        double took = (double)(now() - start);
        if (took >= target / 2 || count >= UINT64_C(1) << 32) {
            if (believed++)
                return count;
            continue;
        }
        double factor = took > 0 ? target / took : 16;
        count = (uint64_t)((double)count * (factor > 16 ? 16 : factor < 1.5 ? 1.5 : factor)) + 1;
    }
}

// Nanoseconds of one operation, or -1 when it cannot be done.
static inline double measure(operation run, void* argument)
{
    double values[64];
    int repetitions = setting("MB_REPS", 5);
    if (repetitions > 64)
        repetitions = 64;
    uint64_t count = find_count(run, argument, setting("MB_MS", 60) * 1e6);
    if (count == 0)
        return -1;
    for (int i = 0; i < repetitions; i++) {
        uint64_t start = now();
        if (run(count, argument) != 0)
            return -1;
        values[i] = (double)(now() - start) / (double)count;
    }
    return median(values, repetitions);
}

static inline void benchmark(const char* metric, operation run, void* argument)
{
    if (!wanted(metric))
        return;
    double ns = measure(run, argument);
    if (ns < 0)
        print_impossible(metric, "failed");
    else
        print_result(metric, ns, "ns");
}

// The operation moves so many bytes; the result is MiB per second.
static inline void benchmark_bytes(const char* metric, operation run, void* argument, double bytes)
{
    if (!wanted(metric))
        return;
    double ns = measure(run, argument);
    if (ns < 0)
        print_impossible(metric, "failed");
    else
        print_result(metric, bytes * 1e9 / ns / (1 << 20), "MiB/s");
}

// 0 when the calling thread now runs on that CPU only.
static inline int pin_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

static inline int cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (int)count;
}
