// Timers for a point of the wall clock, which is set while they wait; in virtual time.
#include <gtest/gtest.h>

#include <vector>

#include "core/time/timer.hh"
#include "net/testing/virtual_time.hh"

namespace
{
using timekeeping::deadline;

/// Records when it fires, in seconds since the test began.
struct recorder : timekeeping::timer {
    explicit recorder(std::vector<s64>& fired) : timer(&fire), times(fired) {}
    static void fire(timekeeping::timer& t)
    {
        auto& self = static_cast<recorder&>(t);
        self.times.push_back(duration_cast<seconds>(timekeeping::now() - self.begin).count());
    }
    std::vector<s64>& times;
    const instant begin = timekeeping::now();
};

deadline wall_after(nanoseconds delay)
{
    return deadline::at_wall_clock(timekeeping::wall_clock() + delay);
}

void move_wall_clock(nanoseconds step)
{
    timekeeping::set_wall_clock(timekeeping::wall_clock() + step);
}

TEST(wall_clock_timers, move_when_it_is_set)
{
    std::vector<s64> fired;
    recorder first(fired), second(fired), monotonic(fired);
    first.arm(wall_after(seconds(10)));
    second.arm(wall_after(seconds(20)));
    monotonic.arm(timekeeping::after(timekeeping::now(), seconds(12)));
    net::testing::run_for(seconds(1));
    move_wall_clock(seconds(8)); // 10 is at 2 now, 20 at 12
    net::testing::run_for(seconds(3));
    move_wall_clock(-seconds(5)); // 20 is at 17
    net::testing::run_for(seconds(100));
    EXPECT_EQ(fired, (std::vector<s64>{2, 12, 17}));
}

TEST(wall_clock_timers, fire_at_once_if_the_time_is_over)
{
    std::vector<s64> fired;
    recorder one(fired), other(fired);
    one.arm(wall_after(seconds(100)));
    other.arm(wall_after(seconds(200)));
    move_wall_clock(seconds(1000));
    net::testing::run_for(seconds(1));
    EXPECT_EQ(fired, (std::vector<s64>{0, 0}));
    EXPECT_EQ(net::testing::armed_timers(), 0u);
}

TEST(deadline, lies_where_the_clock_says)
{
    EXPECT_TRUE(deadline().is_never());
    EXPECT_EQ(deadline().monotonic(), timekeeping::never);
    EXPECT_EQ(deadline::at_wall_clock(nanoseconds::max()).monotonic(), timekeeping::never);
    EXPECT_TRUE(deadline(timekeeping::now()).has_passed());
    const auto soon = wall_after(seconds(1));
    EXPECT_FALSE(soon.has_passed());
    move_wall_clock(seconds(1));
    EXPECT_TRUE(soon.has_passed());
    timekeeping::set_wall_clock(seconds(0)); // before the machine began: behind the monotonic clock
    EXPECT_EQ(deadline::at_wall_clock(nanoseconds::max() - nanoseconds(1)).monotonic(), timekeeping::never);
    EXPECT_EQ(deadline::at_wall_clock(seconds(5)).monotonic(), timekeeping::now() + seconds(5));
}
} // namespace
