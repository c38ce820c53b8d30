// Time as the kernel counts it: nanoseconds since the machine's clock began, never stepping back.
#pragma once

#include <chrono>

#include "core/base/types.hh"

using nanoseconds = std::chrono::nanoseconds;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace timekeeping
{
/// The monotonic clock's identity for std::chrono's types.
struct monotonic {
    using duration = nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
};
using instant = std::chrono::time_point<monotonic, nanoseconds>;

inline constexpr instant never = instant::max();

/// Time since the clock began (CLOCK_MONOTONIC and CLOCK_BOOTTIME: the machine never suspends).
instant now();

/// Wall-clock time: nanoseconds since 1970-01-01 UTC.
nanoseconds wall_clock();

/// Sets the wall clock (clock_settime); the monotonic clock does not move.
void set_wall_clock(nanoseconds since_epoch);

/// `instant::never` where the sum would overflow.
constexpr instant after(instant start, nanoseconds delay)
{
    if (delay > never - start)
        return never;
    return start + delay;
}
} // namespace timekeeping

using timekeeping::instant;
