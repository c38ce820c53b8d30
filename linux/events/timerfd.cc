#include "linux/events/timerfd.hh"

#include "core/mm/io_buffer.hh"
#include "linux/abi/fcntl.hh"
#include "linux/events/calls.hh"
#include "linux/files/context.hh"
#include "linux/files/file_kind.hh"

namespace linux
{
namespace
{
constexpr s64 per_second = 1'000'000'000;
constexpr s64 most_seconds = 9'000'000'000; // what nanoseconds can hold

result<nanoseconds> to_nanoseconds(const timespec& t)
{
    if (t.seconds < 0 || t.nanoseconds < 0 || t.nanoseconds >= per_second)
        return fail(errc::einval);
    return nanoseconds(std::min(t.seconds, most_seconds) * per_second + t.nanoseconds);
}

timespec to_timespec(nanoseconds n)
{
    return {n.count() / per_second, n.count() % per_second};
}

constexpr bool is_wall_clock(clock_id clock)
{
    return clock == clock_realtime || clock == clock_realtime_alarm;
}

/// A point of the timer's clock on the monotonic one.
instant to_instant(clock_id clock, nanoseconds point)
{
    if (!is_wall_clock(clock))
        return instant(point);
    return timekeeping::after(timekeeping::now(), point - timekeeping::wall_clock());
}
} // namespace

void timer_file::armed_timer::fire(timekeeping::timer& t)
{
    auto& file = static_cast<armed_timer&>(t).owner;
    file._expired.store(true, std::memory_order_relaxed);
    file._readable.wake_one(vfs::poll_event::readable);
}

/// Adds the ticks between `_next` and now, and moves `_next` into the future.
void timer_file::count_ticks()
{
    const instant now = timekeeping::now();
    if (!_is_set || _next > now)
        return;
    if (_interval == nanoseconds(0)) {
        _ticks += 1;
        _is_set = false;
        return;
    }
    const u64 passed = static_cast<u64>((now - _next) / _interval) + 1;
    _ticks += passed;
    _next += _interval * static_cast<s64>(passed);
}

u64 timer_file::take_ticks()
{
    lock_guard guard{_lock};
    if (!_expired.exchange(false))
        return 0;
    count_ticks();
    if (_is_set)
        _timer.arm(_next);
    return std::exchange(_ticks, 0);
}

itimerspec timer_file::get_locked()
{
    if (_expired.load()) {
        count_ticks();
        if (_is_set)
            _timer.arm(_next);
    }
    itimerspec now{};
    now.interval = to_timespec(_interval);
    if (_is_set)
        now.value = to_timespec(std::max(nanoseconds(_next - timekeeping::now()), nanoseconds(1)));
    return now;
}

itimerspec timer_file::get()
{
    lock_guard guard{_lock};
    return get_locked();
}

result<void> timer_file::set(const itimerspec& when, bool absolute, itimerspec& old)
{
    const auto value = TRY(to_nanoseconds(when.value));
    const auto interval = TRY(to_nanoseconds(when.interval));
    lock_guard guard{_lock};
    old = get_locked();
    _timer.cancel();
    _expired.store(false);
    _ticks = 0;
    _interval = interval;
    _is_set = value != nanoseconds(0);
    if (_is_set) {
        _next = absolute ? to_instant(_clock, value) : timekeeping::after(timekeeping::now(), value);
        _timer.arm(_next);
    }
    return {};
}

result<size_t> timer_file::read(io_buffer& to)
{
    if (to.remaining() < sizeof(u64))
        return fail(errc::einval);
    u64 ticks = take_ticks();
    while (ticks == 0) { // also when somebody else was faster, or set the timer anew
        if (nonblocking())
            return fail(errc::eagain);
        TRY(wait_until(_readable, [&] { return _expired.load(std::memory_order_relaxed); },
                       {.interruptible = true, .exclusive = false}));
        ticks = take_ticks();
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
    return _expired.load(std::memory_order_relaxed) ? interest & vfs::poll_event::in : 0;
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
    TRY(timer->set(when, flags & flag_absolute, before));
    return old ? old.write(before) : result<void>{};
}

result<void> sys_timerfd_gettime(int descriptor, user_ptr<itimerspec> out)
{
    const auto file = TRY(descriptors().use(descriptor));
    auto* const timer = TRY(timer_of(file));
    return out.write(timer->get());
}
} // namespace linux
