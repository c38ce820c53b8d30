// Time-outs of poll, select and epoll as deadlines, and what is left of them afterwards.
#pragma once

#include <algorithm>

#include "core/base/result.hh"
#include "core/time/clock.hh"
#include "linux/abi/time.hh"

namespace linux
{
/// A call with this deadline looks once and does not wait.
inline constexpr instant do_not_wait = instant::min();

/// Milliseconds as poll takes them: negative is for ever.
inline instant deadline_in(int timeout)
{
    if (timeout < 0)
        return timekeeping::never;
    if (timeout == 0)
        return do_not_wait;
    return timekeeping::after(timekeeping::now(), milliseconds(timeout));
}

/// Errors: einval.
inline result<instant> deadline_in(const timespec& timeout)
{
    if (timeout.seconds < 0 || timeout.nanoseconds < 0 || timeout.nanoseconds >= 1'000'000'000)
        return fail(errc::einval);
    if (timeout.seconds == 0 && timeout.nanoseconds == 0)
        return do_not_wait;
    constexpr s64 most_seconds = 1'000'000'000; // what is longer is for ever
    if (timeout.seconds > most_seconds)
        return timekeeping::never;
    return timekeeping::after(timekeeping::now(),
                              seconds(timeout.seconds) + nanoseconds(timeout.nanoseconds));
}

/// What is left until `deadline`, not below 0; `deadline` is not `never`.
inline timespec time_left(instant deadline)
{
    const auto left = deadline == do_not_wait
                          ? nanoseconds(0)
                          : std::max(nanoseconds(deadline - timekeeping::now()), nanoseconds(0));
    return {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
}
} // namespace linux
