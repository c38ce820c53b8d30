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

/// How far the wall clock is ahead of now().
nanoseconds wall_offset();

/// Sets the wall clock (clock_settime); the monotonic clock does not move. Timers that wait for the wall
/// clock follow before it returns. Thread context, interrupts on.
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

namespace timekeeping
{
/// Begins at 0 (the kernel's entry) with a cycle counter of `frequency` Hz; arch, at start-up.
/// `cpu_number_in_tsc_aux` is for the vDSO.
void start(u64 frequency, bool cpu_number_in_tsc_aux);

/// Changes the rate without a step: from now on the clock runs so that after `catch_up` it shows `true_now` +
/// catch_up, and then at `frequency`. For core/time/refinement.
void slew(u64 frequency, instant true_now, nanoseconds catch_up);

/// The cycle counter's value at an instant, for deadline timers.
u64 cycles_at(instant t);

/// The cycle counter's rate in Hz as known now.
u64 cycle_frequency();

/// Makes the cycle counter the clock of a later start(): the kernel's first instruction.
void mark_beginning();
} // namespace timekeeping
