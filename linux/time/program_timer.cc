// See program_timer.hh.
#include "linux/time/program_timer.hh"

#include "linux/time/conversion.hh"

namespace linux
{
nanoseconds program_timer::now_locked() const
{
    return _on_monotonic ? timekeeping::now().time_since_epoch() : _clock.now();
}

void program_timer::arm_locked()
{
    _hardware.arm(_on_monotonic ? timekeeping::deadline(instant(_next)) : _clock.earliest(_next));
}

timer_setting program_timer::get_locked() const
{
    if (!_armed)
        return {nanoseconds(0), _interval};
    const auto now = now_locked();
    // An expiry that is due but not served yet still counts as armed: never 0.
    return {now < _next ? _next - now : nanoseconds(1), _interval};
}

timer_setting program_timer::get()
{
    lock_guard guard{_lock};
    return get_locked();
}

timer_setting program_timer::set(const timer_setting& wanted, origin from)
{
    timer_setting old;
    WITH_LOCK(_lock)
    {
        old = get_locked();
        _armed = false;
    }
    _hardware.cancel(); // waits for look(), so not under the lock
    lock_guard guard{_lock};
    _interval = wanted.interval;
    if (wanted.value.count() == 0)
        return old;
    _on_monotonic = from == origin::from_now && _clock.kind == clock_kind::realtime;
    _next = from == origin::absolute ? wanted.value : saturating_add(now_locked(), wanted.value);
    _armed = true;
    arm_locked();
    return old;
}

void program_timer::stop()
{
    WITH_LOCK(_lock)
    {
        _armed = false;
    }
    _hardware.cancel();
}

void program_timer::look()
{
    lock_guard guard{_lock};
    if (!_armed)
        return;
    const auto now = now_locked();
    if (now >= _next) {
        const u64 missed = missed_intervals(_next, now, _interval);
        if (_interval.count() == 0)
            _armed = false;
        else
            _next += _interval * static_cast<s64>(missed + 1);
        expired(missed);
    }
    if (_armed)
        arm_locked();
}
} // namespace linux
