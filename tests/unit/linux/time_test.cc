// Conversions of time and the arithmetic of timers.
#include <gtest/gtest.h>

#include "linux/time/conversion.hh"

namespace
{
TEST(conversion, refuses_what_is_no_time)
{
    EXPECT_FALSE(linux::to_duration(linux::timespec{-1, 0}));
    EXPECT_FALSE(linux::to_duration(linux::timespec{0, -1}));
    EXPECT_FALSE(linux::to_duration(linux::timespec{0, 1'000'000'000}));
    EXPECT_FALSE(linux::to_duration(linux::timeval{0, 1'000'000}));
    EXPECT_EQ(linux::to_duration(linux::timespec{1, 2}).value().count(), 1'000'000'002);
    EXPECT_EQ(linux::to_duration(linux::timeval{1, 2}).value().count(), 1'000'002'000);
}

TEST(conversion, cuts_what_is_too_long)
{
    EXPECT_EQ(linux::to_duration(linux::timespec{INT64_MAX, 0}).value(), nanoseconds::max());
    EXPECT_EQ(linux::saturating_add(nanoseconds(5), nanoseconds::max()), nanoseconds::max());
}

TEST(conversion, round_trip)
{
    const auto t = linux::to_timespec(nanoseconds(1'234'567'890'123));
    EXPECT_EQ(t.seconds, 1234);
    EXPECT_EQ(t.nanoseconds, 567'890'123);
    EXPECT_EQ(linux::to_timeval(nanoseconds(1'999'999)).microseconds, 1999);
}

TEST(timer, counts_missed_intervals)
{
    using ns = nanoseconds;
    EXPECT_EQ(linux::missed_intervals(ns(100), ns(100), ns(10)), 0u);
    EXPECT_EQ(linux::missed_intervals(ns(100), ns(109), ns(10)), 0u);
    EXPECT_EQ(linux::missed_intervals(ns(100), ns(110), ns(10)), 1u);
    EXPECT_EQ(linux::missed_intervals(ns(100), ns(155), ns(10)), 5u);
    EXPECT_EQ(linux::missed_intervals(ns(100), ns(500), ns(0)), 0u) << "a timer that fires once";
}
} // namespace
