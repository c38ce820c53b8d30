// Linux's time structures and constants for x86-64, as applications pass them (time(7),
// asm-generic/posix_types.h, uapi/linux/time.h). Own definitions under own names: a host test compares each
// with the system's headers.
#pragma once

#include "core/base/types.hh"

namespace linux
{
struct timespec {
    s64 seconds;
    s64 nanoseconds;
};
static_assert(sizeof(timespec) == 16);

struct timeval {
    s64 seconds;
    s64 microseconds;
};
static_assert(sizeof(timeval) == 16);

struct timezone {
    s32 minutes_west;
    s32 dst_time;
};
static_assert(sizeof(timezone) == 8);

struct itimerspec {
    timespec interval;
    timespec value;
};
static_assert(sizeof(itimerspec) == 32);

struct itimerval {
    timeval interval;
    timeval value;
};
static_assert(sizeof(itimerval) == 32);

struct tms {
    s64 user;
    s64 system;
    s64 children_user;
    s64 children_system;
};
static_assert(sizeof(tms) == 32);

struct timex {
    u32 modes;
    u32 pad0;
    s64 offset;
    s64 frequency;
    s64 maximum_error;
    s64 estimated_error;
    s32 status;
    u32 pad1;
    s64 constant;
    s64 precision;
    s64 tolerance;
    timeval time;
    s64 tick;
    s64 pps_frequency;
    s64 pps_jitter;
    s32 pps_shift;
    u32 pad2;
    s64 pps_stability;
    s64 jitter_count;
    s64 calibration_count;
    s64 error_count;
    s64 stability_count;
    s32 tai;
    s32 pad3[11];
};
static_assert(sizeof(timex) == 208);

using clock_id = s32;
inline constexpr clock_id clock_realtime = 0;
inline constexpr clock_id clock_monotonic = 1;
inline constexpr clock_id clock_process_cputime = 2;
inline constexpr clock_id clock_thread_cputime = 3;
inline constexpr clock_id clock_monotonic_raw = 4;
inline constexpr clock_id clock_realtime_coarse = 5;
inline constexpr clock_id clock_monotonic_coarse = 6;
inline constexpr clock_id clock_boottime = 7;
inline constexpr clock_id clock_realtime_alarm = 8;
inline constexpr clock_id clock_boottime_alarm = 9;
inline constexpr clock_id clock_tai = 11;

inline constexpr int timer_abstime = 1;

inline constexpr int itimer_real = 0;
inline constexpr int itimer_virtual = 1;
inline constexpr int itimer_prof = 2;

inline constexpr s64 clock_ticks_per_second = 100; // AT_CLKTCK, times(2)
} // namespace linux
