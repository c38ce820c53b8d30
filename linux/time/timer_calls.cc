// Interval timers and POSIX timers (setitimer(2), timer_create(2)).
#include "linux/task/task.hh"
#include "linux/time/calls.hh"
#include "linux/time/conversion.hh"
#include "linux/time/program_timers.hh"

namespace linux
{
namespace
{
itimerval to_itimerval(const timer_setting& s)
{
    return {to_timeval(s.interval), to_timeval(s.value)};
}
itimerspec to_itimerspec(const timer_setting& s)
{
    return {to_timespec(s.interval), to_timespec(s.value)};
}

result<timer_setting> to_setting(const itimerval& t)
{
    const auto value = TRY(to_duration(t.value));
    return timer_setting{value, TRY(to_duration(t.interval))};
}

/// A setting of 0 stops the timer, whatever the interval says.
result<timer_setting> to_setting(const itimerspec& t)
{
    const auto value = TRY(to_duration(t.value));
    return timer_setting{value, TRY(to_duration(t.interval))};
}

/// The thread that a SIGEV_THREAD_ID event names, or null for the program. Errors: einval.
result<ref_ptr<task>> check_event(const sigevent& event)
{
    ref_ptr<task> target;
    switch (event.notify) {
    case sigev_none:
        return target;
    case sigev_signal | sigev_thread_id:
        target = current_program().find(event.thread_id);
        if (!target)
            return fail(errc::einval);
        [[fallthrough]];
    case sigev_signal:
    case sigev_thread:
        if (!is_valid_signal(event.signal))
            return fail(errc::einval);
        return target;
    default:
        return fail(errc::einval);
    }
}
} // namespace

result<u32> sys_alarm(u32 second_count)
{
    const auto old =
        TRY(current_program().timers().set_interval(itimer_real, {seconds(second_count), nanoseconds(0)}));
    // Rounded to the nearest second, but a pending alarm is never reported as none.
    const s64 half = nanoseconds_per_second / 2;
    const auto left = static_cast<u32>((old.value.count() + half) / nanoseconds_per_second);
    return left == 0 && old.value.count() != 0 ? 1 : left;
}

result<void> sys_getitimer(int which, user_ptr<itimerval> out)
{
    const auto setting = TRY(current_program().timers().get_interval(which));
    return out.write(to_itimerval(setting));
}

result<void> sys_setitimer(int which, user_ptr<const itimerval> in, user_ptr<itimerval> old)
{
    timer_setting wanted;
    if (in) {
        const auto given = TRY(in.read());
        wanted = TRY(to_setting(given));
    }
    const auto before = TRY(current_program().timers().set_interval(which, wanted));
    if (old)
        TRY(old.write(to_itimerval(before)));
    return {};
}

result<void> sys_timer_create(clock_id id, user_ptr<const sigevent> event, user_ptr<s32> number)
{
    const auto clock = TRY(find_timer_clock(id));
    auto& owner = current_program();
    sigevent wanted{};
    wanted.signal = sigalrm;
    ref_ptr<task> target;
    if (event) {
        wanted = TRY(event.read());
        target = TRY(check_event(wanted));
    }
    const int made = TRY(owner.timers().create(owner, clock, wanted, std::move(target)));
    if (!event)
        TRY(owner.timers().with_timer(made, [&](posix_timer& t) { t.set_value(static_cast<u64>(made)); }));
    const auto written = number.write(made);
    if (!written)
        (void)owner.timers().remove(made);
    return written;
}

result<void> sys_timer_settime(int number, int flags, user_ptr<const itimerspec> in, user_ptr<itimerspec> old)
{
    if (!in)
        return fail(errc::einval);
    const auto given = TRY(in.read());
    const auto wanted = TRY(to_setting(given));
    const auto from =
        flags & timer_abstime ? program_timer::origin::absolute : program_timer::origin::from_now;
    timer_setting before;
    TRY(current_program().timers().with_timer(number, [&](posix_timer& t) { before = t.set(wanted, from); }));
    if (old)
        TRY(old.write(to_itimerspec(before)));
    return {};
}

result<void> sys_timer_gettime(int number, user_ptr<itimerspec> out)
{
    timer_setting now;
    TRY(current_program().timers().with_timer(number, [&](posix_timer& t) { now = t.get(); }));
    return out.write(to_itimerspec(now));
}

result<int> sys_timer_getoverrun(int number)
{
    int overrun = 0;
    TRY(current_program().timers().with_timer(number, [&](posix_timer& t) { overrun = t.overrun(); }));
    return overrun;
}

result<void> sys_timer_delete(int number)
{
    return current_program().timers().remove(number);
}
} // namespace linux
