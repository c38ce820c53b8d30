// The system calls of epoll.
#include "linux/events/calls.hh"
#include "linux/events/deadline.hh"
#include "linux/events/epoll.hh"
#include "linux/events/signal_mask.hh"
#include "linux/files/arguments.hh"
#include "linux/files/file_kind.hh"

namespace linux
{
namespace
{
constexpr size_t events_at_once = 64;
constexpr int most_events = static_cast<int>(0x7fffffff / sizeof(epoll_event));

result<epoll_set*> set_of(const file_ref& file)
{
    if (auto* const set = file_as<epoll_set>(*file))
        return set;
    return fail(errc::einval);
}

result<int> wait(int descriptor, user_ptr<epoll_event> events, int count, instant deadline)
{
    if (count <= 0 || count > most_events)
        return fail(errc::einval);
    TRY(check_range(events.address(), static_cast<size_t>(count) * sizeof(epoll_event)));
    const auto file = TRY(descriptors().use(descriptor));
    auto* const set = TRY(set_of(file));
    std::array<epoll_event, events_at_once> found;
    const size_t limit = std::min(found.size(), static_cast<size_t>(count));
    const size_t ready = TRY(set->wait({found.data(), limit}, deadline));
    if (ready)
        TRY(mm::copy_to_user(events.address(), found.data(), ready * sizeof(epoll_event)));
    return static_cast<int>(ready);
}

result<int> masked_wait(int descriptor, user_ptr<epoll_event> events, int count, instant deadline,
                        user_ptr<const signal_set> mask, size_t mask_size)
{
    temporary_mask masked;
    TRY(masked.set(mask, mask_size));
    const auto ready = wait(descriptor, events, count, deadline);
    masked.finish(!ready && ready.error() == errc::eintr);
    return ready;
}

result<void> check_exclusive(int operation, u32 events)
{
    constexpr u32 allowed = pollin | pollout | pollerr | pollhup | pollrdnorm | pollwrnorm | pollrdband |
                            pollwrband | epoll_wakeup | epoll_edge | epoll_exclusive;
    if (events & epoll_exclusive && (operation == epoll_ctl_mod || events & ~allowed))
        return fail(errc::einval);
    return {};
}
} // namespace

result<int> sys_epoll_create(int size)
{
    if (size <= 0)
        return fail(errc::einval);
    return sys_epoll_create1(0);
}

result<int> sys_epoll_create1(u32 flags)
{
    if (flags & ~o_cloexec)
        return fail(errc::einval);
    auto set = TRY(epoll_set::create());
    return descriptors().install(std::move(set), flags & o_cloexec ? on_exec::close : on_exec::keep);
}

result<void> sys_epoll_ctl(int descriptor, int operation, int target, user_ptr<const epoll_event> event)
{
    epoll_event wanted{};
    if (operation != epoll_ctl_del)
        wanted = TRY(event.read());
    const auto file = TRY(descriptors().use(descriptor));
    const auto watched = TRY(descriptors().use(target));
    if (!watched->can_wait())
        return fail(errc::eperm);
    if (file.get() == watched.get())
        return fail(errc::einval);
    auto* const set = TRY(set_of(file));
    TRY(check_exclusive(operation, wanted.events));
    switch (operation) {
    case epoll_ctl_add:
        return set->add(*watched, target, wanted);
    case epoll_ctl_mod:
        return set->modify(*watched, target, wanted);
    case epoll_ctl_del:
        return set->remove(*watched, target);
    default:
        return fail(errc::einval);
    }
}

result<int> sys_epoll_wait(int set, user_ptr<epoll_event> events, int count, int milliseconds)
{
    return wait(set, events, count, deadline_in(milliseconds));
}

result<int> sys_epoll_pwait(int set, user_ptr<epoll_event> events, int count, int milliseconds,
                            user_ptr<const signal_set> mask, size_t mask_size)
{
    return masked_wait(set, events, count, deadline_in(milliseconds), mask, mask_size);
}

result<int> sys_epoll_pwait2(int set, user_ptr<epoll_event> events, int count,
                             user_ptr<const timespec> timeout, user_ptr<const signal_set> mask,
                             size_t mask_size)
{
    instant deadline = timekeeping::never;
    if (timeout) {
        const timespec t = TRY(timeout.read());
        deadline = TRY(deadline_in(t));
    }
    return masked_wait(set, events, count, deadline, mask, mask_size);
}
} // namespace linux
