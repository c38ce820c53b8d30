#include "linux/events/eventfd.hh"

#include "core/mm/io_buffer.hh"
#include "linux/abi/fcntl.hh"
#include "linux/events/calls.hh"
#include "linux/files/context.hh"
#include "linux/files/file_kind.hh"

namespace linux
{
namespace
{
// As Linux's: all readers hear of a write, whose value may be enough for several.
constexpr wait_options waits{.interruptible = true, .exclusive = false};
} // namespace

u64 event_counter::take()
{
    u64 now = _count.load(std::memory_order_relaxed);
    while (now != 0) {
        const u64 taken = _mode == mode::semaphore ? 1 : now;
        if (_count.compare_exchange_weak(now, now - taken))
            return taken;
    }
    return 0;
}

bool event_counter::add(u64 value)
{
    u64 now = _count.load(std::memory_order_relaxed);
    while (value <= most - now)
        if (_count.compare_exchange_weak(now, now + value))
            return true;
    return false;
}

result<size_t> event_counter::read(io_buffer& to)
{
    if (to.remaining() < sizeof(u64))
        return fail(errc::einval);
    u64 taken = take();
    if (taken == 0) {
        if (nonblocking())
            return fail(errc::eagain);
        TRY(wait_until(
            _readable, [&] { return (taken = take()) != 0; }, waits));
    }
    _writable.wake_one(vfs::poll_event::writable);
    const size_t copied = to.copy_out(std::as_bytes(std::span(&taken, 1)));
    return copied == sizeof(taken) ? result<size_t>(copied) : result<size_t>(fail(errc::efault));
}

result<size_t> event_counter::write(io_buffer& from)
{
    u64 value;
    if (from.remaining() < sizeof(value))
        return fail(errc::einval);
    if (from.copy_in(std::as_writable_bytes(std::span(&value, 1))) < sizeof(value))
        return fail(errc::efault);
    if (value > most)
        return fail(errc::einval);
    if (!add(value)) {
        if (nonblocking())
            return fail(errc::eagain);
        TRY(wait_until(
            _writable, [&] { return add(value); }, waits));
    }
    _readable.wake_one(vfs::poll_event::readable);
    return sizeof(value);
}

/// Not inlined: who only looks needs no registers for it.
[[gnu::noinline]] void event_counter::enter_queues(u32 interest, vfs::poll_registrar& registrar)
{
    if (interest & vfs::poll_event::readable)
        registrar.listen(_readable);
    if (interest & vfs::poll_event::writable)
        registrar.listen(_writable);
    std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the counter is read
}

u32 event_counter::poll(u32 interest, vfs::poll_registrar* registrar)
{
    if (registrar) [[unlikely]]
        enter_queues(interest, *registrar);
    const u64 now = _count.load(std::memory_order_relaxed);
    return (now > 0 ? interest & vfs::poll_event::in : 0) |
           (now < most ? interest & vfs::poll_event::out : 0);
}

result<size_t> event_counter::describe(std::span<char> buffer) const
{
    return describe_as("anon_inode:[eventfd]", buffer);
}

result<int> sys_eventfd(u32 initial)
{
    return sys_eventfd2(initial, 0);
}

result<int> sys_eventfd2(u32 initial, u32 flags)
{
    constexpr u32 semaphore = 1;
    if (flags & ~(semaphore | o_cloexec | o_nonblock))
        return fail(errc::einval);
    auto counter = TRY(make_ref<event_counter>(
        TRY(kind_inode<event_counter>()), initial,
        flags & semaphore ? event_counter::mode::semaphore : event_counter::mode::whole, flags & o_nonblock));
    return descriptors().install(std::move(counter), flags & o_cloexec ? on_exec::close : on_exec::keep);
}
} // namespace linux
