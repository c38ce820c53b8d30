#include "linux/events/timerfd.hh"

#include "core/mm/io_buffer.hh"
#include "linux/abi/fcntl.hh"
#include "linux/events/calls.hh"
#include "linux/files/context.hh"
#include "linux/files/file_kind.hh"
#include "linux/time/conversion.hh"
#include "linux/time/wall_clock.hh"

namespace linux
{
namespace
{
constexpr bool is_wall_clock(clock_id clock)
{
    return clock == clock_realtime || clock == clock_realtime_alarm;
}
} // namespace

void timer_file::armed_timer::fire(timekeeping::timer& t)
{
    auto& file = static_cast<armed_timer&>(t).owner;
    file._expired.store(true, std::memory_order_relaxed);
    file._readable.wake_one(vfs::poll_event::readable);
}

waiter::reaction timer_file::clock_listener::hear(waiter& w, u32)
{
    auto& file = static_cast<clock_listener&>(w).owner;
    file._cancelled.store(true, std::memory_order_relaxed);
    file._readable.wake_one(vfs::poll_event::readable);
    return reaction::taken_and_stays;
}

timer_file::~timer_file()
{
    wall_clock_was_set.remove(_listener);
}

nanoseconds timer_file::now_locked() const
{
    return _on_wall_clock ? timekeeping::wall_clock() : timekeeping::now().time_since_epoch();
}

void timer_file::arm_locked()
{
    _timer.arm(_on_wall_clock ? timekeeping::deadline::at_wall_clock(_next)
                              : timekeeping::deadline(instant(_next)));
}

void timer_file::listen_locked(on_clock_set reaction)
{
    if (reaction == on_clock_set::cancel && _on_wall_clock) {
        if (!_listener.is_queued())
            wall_clock_was_set.add(_listener, false);
        return;
    }
    wall_clock_was_set.remove(_listener);
    _cancelled.store(false);
}

/// The timer has fired: adds the ticks from `_next` to now, and moves `_next` into the future. One tick has
/// come even if the wall clock was set back since.
void timer_file::count_ticks()
{
    if (!_is_set)
        return;
    if (_interval == nanoseconds(0)) {
        _ticks += 1;
        _is_set = false;
        return;
    }
    const u64 passed = missed_intervals(_next, now_locked(), _interval) + 1;
    _ticks += passed;
    _next += _interval * static_cast<s64>(passed);
}

result<u64> timer_file::take_ticks()
{
    lock_guard guard{_lock};
    if (_expired.exchange(false)) {
        count_ticks();
        if (_is_set)
            arm_locked();
    }
    const u64 ticks = std::exchange(_ticks, 0);
    if (_cancelled.exchange(false))
        return fail(errc::ecanceled);
    return ticks;
}

itimerspec timer_file::get_locked()
{
    // What has come is counted, but only a read takes it.
    itimerspec now{};
    now.interval = to_timespec(_interval);
    if (!_is_set)
        return now;
    nanoseconds next = _next;
    if (_expired.load()) {
        if (_interval == nanoseconds(0))
            return now;
        next += _interval * static_cast<s64>(missed_intervals(_next, now_locked(), _interval) + 1);
    }
    now.value = to_timespec(std::max(next - now_locked(), nanoseconds(1)));
    return now;
}

itimerspec timer_file::get()
{
    lock_guard guard{_lock};
    return get_locked();
}

result<void> timer_file::set(const itimerspec& when, origin from, on_clock_set reaction, itimerspec& old)
{
    const auto value = TRY(to_duration(when.value));
    const auto interval = TRY(to_duration(when.interval));
    lock_guard guard{_lock};
    old = get_locked();
    _timer.cancel();
    _expired.store(false);
    _ticks = 0;
    _interval = interval;
    _is_set = value != nanoseconds(0);
    _on_wall_clock = is_wall_clock(_clock) && from == origin::absolute;
    listen_locked(reaction);
    if (!_is_set)
        return {};
    _next = from == origin::absolute ? value : saturating_add(now_locked(), value);
    arm_locked();
    return _cancelled.exchange(false) ? fail(errc::ecanceled) : result<void>{};
}

result<size_t> timer_file::read(io_buffer& to)
{
    if (to.remaining() < sizeof(u64))
        return fail(errc::einval);
    u64 ticks = TRY(take_ticks());
    while (ticks == 0) { // also when somebody else was faster, or set the timer anew
        if (nonblocking())
            return fail(errc::eagain);
        TRY(wait_until(_readable, [&] { return is_readable(); },
                       {.interruptible = true, .exclusive = false}));
        ticks = TRY(take_ticks());
    }
    const size_t copied = to.copy_out(std::as_bytes(std::span(&ticks, 1)));
    return copied == sizeof(ticks) ? result<size_t>(copied) : result<size_t>(fail(errc::efault));
}

u32 timer_file::poll(u32 interest, vfs::poll_registrar* registrar)
{
    if (registrar) {
        registrar->listen(_readable);
        std::atomic_thread_fence(std::memory_order_seq_cst); // entered before it is read
    }
    return is_readable() ? interest & vfs::poll_event::in : 0;
}

result<size_t> timer_file::describe(std::span<char> buffer) const
{
    return describe_as("anon_inode:[timerfd]", buffer);
}

namespace
{
constexpr u32 flag_absolute = 1;
constexpr u32 flag_cancel_on_set = 2;

result<timer_file*> timer_of(const file_ref& file)
{
    if (auto* const timer = file_as<timer_file>(*file))
        return timer;
    return fail(errc::einval);
}
} // namespace

result<int> sys_timerfd_create(clock_id clock, u32 flags)
{
    if (flags & ~(o_cloexec | o_nonblock))
        return fail(errc::einval);
    if (clock != clock_monotonic && clock != clock_boottime && clock != clock_boottime_alarm &&
        !is_wall_clock(clock))
        return fail(errc::einval);
    auto timer = TRY(make_ref<timer_file>(TRY(kind_inode<timer_file>()), clock, flags & o_nonblock));
    return descriptors().install(std::move(timer), flags & o_cloexec ? on_exec::close : on_exec::keep);
}

result<void> sys_timerfd_settime(int descriptor, u32 flags, user_ptr<const itimerspec> wanted,
                                 user_ptr<itimerspec> old)
{
    if (flags & ~(flag_absolute | flag_cancel_on_set))
        return fail(errc::einval);
    const itimerspec when = TRY(wanted.read());
    const auto file = TRY(descriptors().use(descriptor));
    auto* const timer = TRY(timer_of(file));
    itimerspec before;
    using from = timer_file::origin;
    using reaction = timer_file::on_clock_set;
    TRY(timer->set(when, flags & flag_absolute ? from::absolute : from::from_now,
                   flags & flag_cancel_on_set ? reaction::cancel : reaction::nothing, before));
    return old ? old.write(before) : result<void>{};
}

result<void> sys_timerfd_gettime(int descriptor, user_ptr<itimerspec> out)
{
    const auto file = TRY(descriptors().use(descriptor));
    auto* const timer = TRY(timer_of(file));
    return out.write(timer->get());
}
} // namespace linux
