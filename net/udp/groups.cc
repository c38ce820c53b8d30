// A UDP socket's memberships (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP, MCAST_JOIN_GROUP).
#include <algorithm>

#include "net/interface/interface.hh"
#include "net/multicast/groups.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/udp/socket.hh"

namespace net
{
namespace
{
constexpr size_t most_memberships = 20; // net.ipv4.igmp_max_memberships
}

/// The interface that a membership names by index, by address, or leaves to the routes.
interface* udp_socket::interface_of(const ip_address& group, const ip_address& local, u32 index) const
{
    interfaces& all = stack().interfaces();
    if (index)
        return all.by_index(index);
    if (!local.is_any())
        return all.by_address(local);
    const auto way = stack().routes().find(group, {}, nullptr);
    return way ? &way.value()->out() : nullptr;
}

result<void> udp_socket::join_group(const ip_address& group, const ip_address& local, u32 interface_index)
{
    if (!group.is_multicast())
        return fail(errc::einval);
    interface* const on = interface_of(group, local, interface_index);
    if (!on)
        return fail(errc::enodev);
    TRY(stack().groups().join(*on, group));
    errc problem{};
    WITH_LOCK(_lock)
    {
        const auto is_it = [&](const membership& m) { return m.on == on && m.group == group; };
        if (std::any_of(_groups.begin(), _groups.end(), is_it))
            problem = errc::eaddrinuse;
        else if (_groups.size() == most_memberships)
            problem = errc::enobufs;
        else if (!_groups.push_back({group, on}))
            problem = errc::enomem;
    }
    if (problem == errc{})
        return {};
    (void)stack().groups().leave(*on, group);
    return fail(problem);
}

result<void> udp_socket::leave_group(const ip_address& group, const ip_address& local, u32 interface_index)
{
    interface* on =
        interface_index || !local.is_any() ? interface_of(group, local, interface_index) : nullptr;
    if ((interface_index || !local.is_any()) && !on)
        return fail(errc::enodev);
    WITH_LOCK(_lock)
    {
        const auto found = std::find_if(_groups.begin(), _groups.end(), [&](const membership& m) {
            return m.group == group && (!on || m.on == on);
        });
        if (found == _groups.end())
            return fail(errc::eaddrnotavail);
        on = found->on;
        found->on = nullptr;
        _groups.remove_if([](const membership& m) { return !m.on; });
    }
    return stack().groups().leave(*on, group);
}

bool udp_socket::wants_group(const ip_info& info)
{
    if (!info.destination.is_multicast())
        return true;
    lock_guard guard{_lock};
    for (const membership& m : _groups)
        if (m.group == info.destination && m.on == info.in)
            return true;
    return _options.on(option::ip_multicast_all);
}
} // namespace net
