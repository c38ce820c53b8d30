// See program_timers.hh.
#include "linux/time/program_timers.hh"

#include "linux/signal/send.hh"
#include "linux/task/task.hh"

namespace linux
{
void interval_timer::attach(program& owner, clock_kind kind)
{
    _owner = &owner;
    clock_reference clock;
    clock.kind = kind;
    // A ring of references: the program lives until the machine ends anyway.
    if (clock.is_cpu_clock())
        clock.program = ref_ptr<program>(owner);
    set_clock(clock);
}

void interval_timer::expired(u64)
{
    (void)send_to_program(*_owner, kernel_info(_signal));
}

posix_timer::posix_timer(program& owner, const clock_reference& clock, int number, const sigevent& event,
                         ref_ptr<task> target)
    : program_timer(clock), _owner(owner), _number(number), _silent(event.notify == sigev_none),
      _target(std::move(target))
{
    _record.info.signal = event.signal;
    _record.info.code = si_timer;
    _record.info.timer.id = number;
    _record.info.timer.value = event.value;
}

posix_timer::~posix_timer()
{
    stop();
    cancel_timer_signal(_owner, _record);
}

void posix_timer::expired(u64 missed)
{
    if (!_silent)
        send_timer_signal(_owner, _target.get(), _record, missed);
}

program_timers::~program_timers()
{
    stop_all();
    lock_guard guard{_changes};
    _timers.clear_and_dispose([](posix_timer* t) { delete t; });
}

void program_timers::attach(program& owner)
{
    _intervals[itimer_real].attach(owner, clock_kind::monotonic);
    _intervals[itimer_virtual].attach(owner, clock_kind::program_user);
    _intervals[itimer_prof].attach(owner, clock_kind::program_cpu);
}

result<timer_setting> program_timers::set_interval(int which, const timer_setting& setting)
{
    if (which < 0 || static_cast<size_t>(which) >= _intervals.size())
        return fail(errc::einval);
    lock_guard guard{_changes};
    return _intervals[static_cast<size_t>(which)].set(setting, program_timer::origin::from_now);
}

result<timer_setting> program_timers::get_interval(int which)
{
    if (which < 0 || static_cast<size_t>(which) >= _intervals.size())
        return fail(errc::einval);
    return _intervals[static_cast<size_t>(which)].get();
}

result<int> program_timers::create(program& owner, const clock_reference& clock, const sigevent& event,
                                   ref_ptr<task> target)
{
    lock_guard guard{_changes};
    while (_timers.find(_next_number) != _timers.end())
        _next_number = (_next_number + 1) & 0x7fffffff;
    const int number = _next_number;
    _next_number = (_next_number + 1) & 0x7fffffff;
    auto t = TRY(try_make_unique<posix_timer>(owner, clock, number, event, std::move(target)));
    _timers.insert(*t.release());
    return number;
}

result<void> program_timers::remove(int number)
{
    unique_ptr<posix_timer> dead;
    lock_guard guard{_changes};
    const auto place = _timers.find(number);
    if (place == _timers.end())
        return fail(errc::einval);
    dead.reset(&*place);
    _timers.erase(place);
    return {};
}

void program_timers::stop_all()
{
    lock_guard guard{_changes};
    for (auto& t : _intervals)
        t.stop();
    for (auto& t : _timers)
        t.stop();
}
} // namespace linux
