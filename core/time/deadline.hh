// When a wait or a timer ends: a point of the monotonic clock, or one of the wall clock.
//
// Who waits for the wall clock waits shorter or longer when that is set (clock_settime(2), timer_settime(2)),
// so such a point is kept as what it is, and each CPU's timers look again where it lies.
#pragma once

#include <algorithm>

#include "core/time/clock.hh"

namespace timekeeping
{
class deadline
{
  public:
    constexpr deadline(instant point = never) : _point(point.time_since_epoch()) {}

    /// `since_epoch` as wall_clock() counts.
    static constexpr deadline at_wall_clock(nanoseconds since_epoch)
    {
        deadline d;
        d._point = since_epoch;
        d._on_wall_clock = true;
        return d;
    }

    constexpr bool is_never() const { return _point == nanoseconds::max(); }
    constexpr bool is_on_wall_clock() const { return _on_wall_clock; }

    /// Where it lies on the monotonic clock, as the wall clock is set now.
    instant monotonic() const
    {
        if (!_on_wall_clock || is_never())
            return instant(_point);
        const nanoseconds offset = wall_offset();
        const nanoseconds farthest = nanoseconds::max() + std::min(offset, nanoseconds(0));
        return _point > farthest ? never : instant(_point - offset);
    }

    bool has_passed() const { return now() >= monotonic(); }

  private:
    nanoseconds _point;
    bool _on_wall_clock = false;
};
} // namespace timekeeping
