// Time and deferred work that a test drives; for host programs only.
//
// Linking virtual_time.cc replaces the host's clocks: now() and wall_clock() stand still until the test moves
// them, and timers and deferred work run only from within these functions, in the order of their deadlines.
// So a simulation of hours takes milliseconds and does the same each time. One thread only.
#pragma once

#include "core/time/clock.hh"

namespace net::testing
{
/// Runs deferred work, and timers that are due, until neither is left; time stands still.
void settle();

/// Settles, then moves on to the next timer's deadline and settles again. False: no timer is armed before
/// `limit`, where time now is.
bool step(instant limit);

/// Everything that happens in the next `duration`.
void run_for(nanoseconds duration);

/// Goes on until the predicate holds, `limit` at most; returns whether it holds.
template <class Predicate>
bool run_until(Predicate predicate, nanoseconds limit)
{
    const instant end = timekeeping::now() + limit;
    settle();
    while (!predicate())
        if (!step(end))
            return predicate();
    return true;
}

/// How many timers are armed: none, when everything has come to rest.
size_t armed_timers();
} // namespace net::testing
