// Conversions of time and the arithmetic of timers.
#include <gtest/gtest.h>

#include "linux/task/cpu_time.hh"
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

TEST(cpu_time, is_the_applications_without_samples_in_the_kernel)
{
    linux::cpu_time_division d;
    EXPECT_EQ(d.divide(nanoseconds(100), 0, 0).user.count(), 100);
    EXPECT_EQ(d.divide(nanoseconds(200), 7, 0).user.count(), 200);
    EXPECT_EQ(d.divide(nanoseconds(200), 7, 0).system.count(), 0);
}

TEST(cpu_time, divides_as_the_samples)
{
    linux::cpu_time_division d;
    const auto times = d.divide(seconds(4), 1, 3);
    EXPECT_EQ(times.user, seconds(1));
    EXPECT_EQ(times.system, seconds(3));
    constexpr u64 year_of_ticks = 365ull * 24 * 3600 * 100;
    const auto long_run =
        linux::cpu_time_division{}.divide(seconds(365 * 24 * 3600), year_of_ticks / 2, year_of_ticks / 2);
    EXPECT_EQ(long_run.user, long_run.system);
}

TEST(cpu_time, neither_part_steps_back)
{
    linux::cpu_time_division d;
    linux::cpu_times last = d.divide(nanoseconds(1000), 0, 10); // all in the kernel
    EXPECT_EQ(last.system.count(), 1000);
    const struct {
        s64 total;
        u64 application, kernel;
    } steps[] = {{1001, 10, 10}, {1500, 100, 10}, {1400, 100, 10}, {3000, 100, 400}, {3010, 900, 400}};
    for (const auto& s : steps) {
        const auto now = d.divide(nanoseconds(s.total), s.application, s.kernel);
        EXPECT_GE(now.user, last.user);
        EXPECT_GE(now.system, last.system);
        EXPECT_GE((now.user + now.system).count(), s.total);
        last = now;
    }
    EXPECT_EQ((last.user + last.system).count(), 3010);
}
} // namespace
