// Reading and setting clocks.
#include <optional>

#include "linux/task/task.hh"
#include "linux/time/calls.hh"
#include "linux/time/clocks.hh"
#include "linux/time/conversion.hh"
#include "linux/time/wall_clock.hh"

namespace linux
{
namespace
{
constexpr nanoseconds coarse_resolution = milliseconds(4); // a Linux with HZ=250
constexpr int time_error = 5;                              // the clock is not synchronised
constexpr s32 status_unsynchronised = 0x40;
constexpr s64 nominal_tick_us = 10000;
constexpr s64 frequency_tolerance = 32768000; // 500 ppm with 16 bits of fraction
constexpr s64 unknown_error_us = 16000000;
constexpr s64 default_time_constant = 2;

bool may_set_time()
{
    return current_task().credentials().has_capability(capability_sys_time);
}
} // namespace

constinit wait_queue wall_clock_was_set;

result<void> set_wall_clock(nanoseconds since_epoch)
{
    if (!may_set_time())
        return fail(errc::eperm);
    timekeeping::set_wall_clock(since_epoch);
    wall_clock_was_set.wake_all();
    return {};
}

result<void> sys_clock_gettime(clock_id id, user_ptr<timespec> out)
{
    const auto clock = TRY(find_clock(id));
    return out.write(to_timespec(clock.now()));
}

result<void> sys_clock_settime(clock_id id, user_ptr<const timespec> in)
{
    const auto clock = TRY(find_clock(id));
    if (id != clock_realtime)
        return fail(clock.is_cpu_clock() ? errc::eperm : errc::einval);
    const auto given = TRY(in.read());
    return set_wall_clock(TRY(to_duration(given)));
}

result<void> sys_clock_getres(clock_id id, user_ptr<timespec> out)
{
    TRY(find_clock(id));
    if (!out)
        return {};
    return out.write(to_timespec(is_coarse(id) ? coarse_resolution : nanoseconds(1)));
}

result<void> sys_gettimeofday(user_ptr<timeval> time, user_ptr<timezone> zone)
{
    if (time)
        TRY(time.write(to_timeval(timekeeping::wall_clock())));
    if (zone)
        TRY(zone.write({.minutes_west = 0, .dst_time = 0}));
    return {};
}

result<void> sys_settimeofday(user_ptr<const timeval> time, user_ptr<const timezone> zone)
{
    std::optional<nanoseconds> wanted;
    if (time) {
        const auto given = TRY(time.read());
        wanted = TRY(to_duration(given));
    }
    if (zone)
        TRY(zone.read()); // the machine's clock is UTC: there is nothing to warp
    if (wanted)
        return set_wall_clock(*wanted);
    return may_set_time() ? result<void>{} : fail(errc::eperm);
}

result<s64> sys_time(user_ptr<s64> out)
{
    const s64 now = duration_cast<seconds>(timekeeping::wall_clock()).count();
    if (out)
        TRY(out.write(now));
    return now;
}

result<s64> sys_times(user_ptr<tms> out)
{
    constexpr s64 tick = nanoseconds_per_second / clock_ticks_per_second;
    if (out) {
        const auto times = current_program().cpu_times();
        TRY(out.write({.user = times.user.count() / tick,
                       .system = times.system.count() / tick,
                       .children_user = 0,
                       .children_system = 0}));
    }
    return timekeeping::now().time_since_epoch().count() / tick;
}

result<int> sys_adjtimex(user_ptr<timex> place)
{
    auto state = TRY(place.read());
    // The clock is steered by its hypervisor, not by the program.
    if (state.modes != 0)
        return fail(may_set_time() ? errc::einval : errc::eperm);
    state = {};
    state.maximum_error = state.estimated_error = unknown_error_us;
    state.status = status_unsynchronised;
    state.constant = default_time_constant;
    state.precision = 1;
    state.tolerance = frequency_tolerance;
    state.time = to_timeval(timekeeping::wall_clock());
    state.tick = nominal_tick_us;
    TRY(place.write(state));
    return time_error;
}

result<int> sys_clock_adjtime(clock_id id, user_ptr<timex> state)
{
    if (id != clock_realtime)
        return fail(find_clock(id) ? errc::eopnotsupp : errc::einval);
    return sys_adjtimex(state);
}
} // namespace linux
