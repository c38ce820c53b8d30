// The CPU's clock and timer, as core/time uses them.
#pragma once

#include "core/time/clock.hh"

namespace arch
{
/// Finds the clocks of this machine: the rate of the cycle counter (at most 100 microseconds of measuring)
/// and what raises timer interrupts. After firmware discovery and kernel areas. Starts core/time.
void start_clocks();

/// A clock of known rate to measure the cycle counter against, where the counter's rate is not known exactly.
struct reference_clock {
    u64 (*read)();
    u64 mask;      // it counts modulo mask + 1
    u64 frequency; // Hz
};
/// Null where the rate of the cycle counter is exact.
const reference_clock* refinement_reference();

/// Raises this CPU's timer interrupt at `deadline`, or at once if it has passed; `timekeeping::never`
/// switches it off. Interrupts off.
void program_timer(instant deadline);
} // namespace arch
