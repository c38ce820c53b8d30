// Setting the wall clock, and hearing of it.
#pragma once

#include "core/sync/wait_queue.hh"
#include "core/time/clock.hh"

namespace linux
{
/// Woken, all of it, when the program has set the wall clock. Waits and timers for a point of that clock need
/// not listen: their deadlines move by themselves (core/time/deadline.hh).
extern constinit wait_queue wall_clock_was_set;

/// Errors: eperm.
result<void> set_wall_clock(nanoseconds since_epoch);
} // namespace linux
