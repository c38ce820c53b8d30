// Between the application's time structures and the kernel's durations.
#pragma once

#include "core/base/result.hh"
#include "core/time/clock.hh"
#include "linux/abi/time.hh"

namespace linux
{
inline constexpr s64 nanoseconds_per_second = 1'000'000'000;
inline constexpr s64 nanoseconds_per_microsecond = 1'000;
inline constexpr s64 microseconds_per_second = 1'000'000;

/// Times beyond what 64 bits of nanoseconds hold are cut to the largest that they do (Linux's KTIME_MAX).
inline constexpr s64 max_seconds = nanoseconds::max().count() / nanoseconds_per_second;

/// Errors: einval for negative seconds or nanoseconds outside a second.
constexpr result<nanoseconds> to_duration(const timespec& t)
{
    if (t.seconds < 0 || t.nanoseconds < 0 || t.nanoseconds >= nanoseconds_per_second)
        return fail(errc::einval);
    if (t.seconds >= max_seconds)
        return nanoseconds::max();
    return nanoseconds(t.seconds * nanoseconds_per_second + t.nanoseconds);
}

/// Errors: einval for negative seconds or microseconds outside a second.
constexpr result<nanoseconds> to_duration(const timeval& t)
{
    if (t.seconds < 0 || t.microseconds < 0 || t.microseconds >= microseconds_per_second)
        return fail(errc::einval);
    if (t.seconds >= max_seconds)
        return nanoseconds::max();
    return nanoseconds(t.seconds * nanoseconds_per_second + t.microseconds * nanoseconds_per_microsecond);
}

constexpr timespec to_timespec(nanoseconds d)
{
    return {d.count() / nanoseconds_per_second, d.count() % nanoseconds_per_second};
}

constexpr timeval to_timeval(nanoseconds d)
{
    return {d.count() / nanoseconds_per_second,
            d.count() % nanoseconds_per_second / nanoseconds_per_microsecond};
}

/// The sum, cut at the largest duration.
constexpr nanoseconds saturating_add(nanoseconds a, nanoseconds b)
{
    return b > nanoseconds::max() - a ? nanoseconds::max() : a + b;
}

/// How many whole intervals lie between `due` and `now`, beyond the expiry at `due` itself.
constexpr u64 missed_intervals(nanoseconds due, nanoseconds now, nanoseconds interval)
{
    if (interval.count() == 0 || now <= due)
        return 0;
    return static_cast<u64>((now - due) / interval);
}
} // namespace linux
