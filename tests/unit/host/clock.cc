// The real clocks. A test that links net/testing/virtual_time.cc moves time itself; this is then left out.
#include <chrono>

#include "core/time/clock.hh"

namespace timekeeping
{
instant now()
{
    return instant(
        std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()));
}
nanoseconds wall_clock()
{
    return std::chrono::duration_cast<nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
}
nanoseconds wall_offset()
{
    return wall_clock() - now().time_since_epoch();
}
} // namespace timekeeping
