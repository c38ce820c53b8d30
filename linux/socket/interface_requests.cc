#include "linux/socket/interface_requests.hh"

#include <algorithm>
#include <cstring>

#include "core/mm/user_access.hh"
#include "linux/abi/interface.hh"
#include "linux/socket/interface_facts.hh"
#include "net/interface/interface.hh"
#include "net/stack.hh"

namespace linux
{
namespace
{
std::string_view name_in(const ifreq& request)
{
    const std::string_view all(request.name, sizeof request.name);
    return all.substr(0, all.find('\0'));
}

void set_name(ifreq& request, const net::interface& interface)
{
    std::memset(request.name, 0, sizeof request.name);
    interface.name().copy(request.name, sizeof request.name - 1);
}

void set_address(ifreq& request, net::ipv4_address address)
{
    request.address = {.family = af_inet, .port = 0, .address = swap32(address.value), .zero = {}};
}

/// SIOCGIFCONF: one record for each interface that has an IPv4 address, as many as there is room for.
result<u64> list_interfaces(virt_addr argument)
{
    const mm::user_ptr<ifconf> where(argument);
    ifconf list = TRY(where.read());
    if (list.length < 0)
        return fail(errc::einval);
    const mm::user_ptr<ifreq> requests(list.requests);
    const auto room = static_cast<size_t>(list.length) / sizeof(ifreq);
    size_t count = 0;
    auto& all = net::the_stack().interfaces();
    for (auto* i = &all.loopback(); i; i = all.next(*i)) {
        const auto address = first_ipv4(*i);
        if (!address)
            continue;
        if (requests && count == room)
            break;
        if (requests) {
            ifreq one{};
            set_name(one, *i);
            set_address(one, address->address.as_ipv4());
            TRY((requests + count).write(one));
        }
        count++;
    }
    list.length = static_cast<s32>(count * sizeof(ifreq));
    TRY(where.write(list));
    return u64{0};
}

/// One of the four addresses of an interface. Errors: eaddrnotavail.
result<void> tell_address(u32 what, const net::interface& interface, ifreq& request)
{
    const auto found = first_ipv4(interface);
    if (!found)
        return fail(errc::eaddrnotavail);
    switch (what) {
    case siocgifbrdaddr: {
        const auto broadcast = found->broadcast();
        set_address(request, broadcast.is_ipv4() ? broadcast.as_ipv4() : net::ipv4_address{});
        return {};
    }
    case siocgifnetmask:
        set_address(request, {found->prefix_length ? ~u32{0} << (32 - found->prefix_length) : 0});
        return {};
    default:
        set_address(request, found->address.as_ipv4());
        return {};
    }
}

result<void> tell(u32 what, const net::interface& interface, ifreq& request)
{
    switch (what) {
    case siocgifflags:
        request.flags = static_cast<s16>(interface_flags(interface) & 0xffff);
        return {};
    case siocgifaddr:
    case siocgifdstaddr:
    case siocgifbrdaddr:
    case siocgifnetmask:
        return tell_address(what, interface, request);
    case siocgifhwaddr:
        request.hardware = {.family = interface.is_loopback() ? arphrd_loopback : arphrd_ether, .bytes = {}};
        std::copy(interface.mac().begin(), interface.mac().end(), request.hardware.bytes);
        return {};
    case siocgifmtu:
        request.number = static_cast<s32>(interface.mtu());
        return {};
    case siocgifindex:
        request.number = static_cast<s32>(interface.index());
        return {};
    case siocgiftxqlen:
        request.number = 1000;
        return {};
    case siocgifmetric:
    case siocgifmap:
        std::memset(request.all, 0, sizeof request.all);
        return {};
    case siocsifflags:
    case siocsifaddr:
    case siocsifmtu:
        return fail(errc::eperm); // run.py's options and DHCP configure
    default:
        return fail(errc::eopnotsupp); // ethtool and its like
    }
}

bool names_interface(u32 request)
{
    switch (request) {
    case siocgifflags:
    case siocsifflags:
    case siocgifaddr:
    case siocsifaddr:
    case siocgifdstaddr:
    case siocgifbrdaddr:
    case siocgifnetmask:
    case siocgifmetric:
    case siocgifmtu:
    case siocsifmtu:
    case siocgifhwaddr:
    case siocgifindex:
    case siocgiftxqlen:
    case siocethtool:
    case siocgmiiphy:
    case siocgifmap:
        return true;
    default:
        return false;
    }
}
} // namespace

std::optional<net::interface_address> first_ipv4(const net::interface& interface)
{
    std::optional<net::interface_address> found;
    interface.addresses().for_each([&](const net::interface_address& a) {
        if (!found && a.address.is_ipv4() && a.usable())
            found = a;
    });
    return found;
}

u32 interface_flags(const net::interface& interface)
{
    u32 flags = interface.is_loopback() ? iff_loopback : iff_broadcast | iff_multicast;
    if (interface.up())
        flags |= iff_up;
    if (interface.running())
        flags |= iff_running | iff_lower_up;
    return flags;
}

result<u64> interface_request(u32 request, virt_addr argument)
{
    if (request == siocgifconf)
        return list_interfaces(argument);
    const mm::user_ptr<ifreq> where(argument);
    if (request == siocgifname) {
        ifreq wanted = TRY(where.read());
        const auto* const found = net::the_stack().interfaces().by_index(static_cast<u32>(wanted.number));
        if (!found)
            return fail(errc::enodev);
        set_name(wanted, *found);
        TRY(where.write(wanted));
        return u64{0};
    }
    if (!names_interface(request))
        return fail(errc::enotty);
    ifreq wanted = TRY(where.read());
    const auto* const found = net::the_stack().interfaces().by_name(name_in(wanted));
    if (!found)
        return fail(errc::enodev);
    TRY(tell(request, *found, wanted));
    TRY(where.write(wanted));
    return u64{0};
}
} // namespace linux
