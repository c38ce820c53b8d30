// See interface.hh.
#include "net/interface/interface.hh"

#include <algorithm>

#include "core/log.hh"
#include "net/autoconfiguration/autoconfiguration.hh"
#include "net/dhcp/client.hh"
#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/ip6/ip6.hh"
#include "net/link/link.hh"
#include "net/link/loopback.hh"
#include "net/multicast/groups.hh"
#include "net/neighbour/neighbours.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net
{
interface::interface(net::stack& s, network_device* device, u32 index)
    : _stack(s), _device(device), _index(index), _mtu(device ? device->mtu() : net::loopback::mtu)
{
    const std::string_view given = device ? device->name() : "lo";
    _name_length = given.empty() ? klog::format(_name, sizeof _name, "eth{}", index - 2)
                                 : klog::format(_name, sizeof _name, "{}", given);
    if (device) {
        _mac = device->address();
        _offers = device->offers();
    }
}

interface::~interface() = default;

result<unique_ptr<interface>> interface::create(net::stack& s, network_device* device, u32 index)
{
    auto* const made = new (std::nothrow) interface(s, device, index);
    if (!made)
        return fail(errc::enomem);
    unique_ptr<interface> i(made);
    if (device)
        i->_autoconfiguration = TRY(try_make_unique<net::autoconfiguration>(*i));
    else
        i->_loopback = TRY(try_make_unique<net::loopback>());
    return i;
}

void interface::set_up(bool up)
{
    if (_up.exchange(up) == up)
        return;
    _stack.routes().changed();
    if (!up)
        _stack.neighbours().forget(*this);
    if (_autoconfiguration)
        up ? _autoconfiguration->start() : _autoconfiguration->stop();
    if (up)
        _stack.groups().announce(*this);
}

result<void> interface::set_mtu(u32 mtu)
{
    if (mtu < ipv4_header::minimum_mtu || mtu > (_device ? _device->mtu() : net::loopback::mtu))
        return fail(errc::einval);
    _mtu.store(mtu, std::memory_order_relaxed);
    _stack.routes().changed();
    return {};
}

u32 interface::ipv6_mtu() const
{
    const u32 announced = _ipv6_mtu.load(std::memory_order_relaxed);
    return announced ? std::min(announced, mtu()) : mtu();
}

namespace
{
/// The route to an address's subnet; none for a whole-length prefix.
std::optional<route> subnet_route(interface& out, const interface_address& a)
{
    const u8 whole = a.address.is_ipv4() ? 32 : 128;
    if (a.prefix_length >= whole || out.is_loopback())
        return {};
    route r{.destination = prefix_of(a.address, a.prefix_length),
            .prefix_length = a.prefix_length,
            .gateway = ip_address::any(a.address.family()),
            .out = &out,
            .origin = route_origin::kernel};
    if (a.address.is_ipv4())
        r.source = a.address;
    return r;
}
} // namespace

result<void> interface::add_address(const interface_address& a)
{
    if (a.prefix_length > (a.address.is_ipv4() ? 32 : 128) || a.address.is_any() || a.address.is_multicast())
        return fail(errc::einval);
    const bool fresh = !_addresses.find(a.address);
    TRY(_addresses.set(a));
    if (a.usable())
        if (const auto r = subnet_route(*this, a))
            TRY(_stack.routes().add(*r));
    if (fresh && !a.address.is_ipv4() && !is_loopback())
        TRY(_stack.groups().join(*this, ip6::solicited_node_group(a.address)));
    _stack.routes().changed();
    return {};
}

result<void> interface::remove_address(const ip_address& address)
{
    const auto a = _addresses.find(address);
    TRY(_addresses.remove(address));
    bool subnet_in_use = false;
    _addresses.for_each([&](const interface_address& other) {
        subnet_in_use |= other.prefix_length == a->prefix_length && other.on_link(address);
    });
    if (const auto r = subnet_route(*this, *a); r && !subnet_in_use)
        (void)_stack.routes().remove(*r);
    if (!address.is_ipv4() && !is_loopback())
        (void)_stack.groups().leave(*this, ip6::solicited_node_group(address));
    _stack.routes().changed();
    return {};
}

namespace
{
unsigned common_bits(const ip_address& a, const ip_address& b)
{
    unsigned bits = 0;
    while (bits < 128 && !((a.bytes()[bits / 8] ^ b.bytes()[bits / 8]) & (0x80u >> bits % 8)))
        bits++;
    return bits;
}

/// How well an address suits a destination; more is better.
unsigned suitability(const interface_address& a, const ip_address& destination)
{
    if (a.address.is_ipv4())
        return a.on_link(destination) ? 2 : 1;
    const bool same_scope =
        a.address.is_link_local() ==
        (destination.is_link_local() || (destination.is_multicast() && (destination.bytes()[1] & 0xf) <= 2));
    return (same_scope ? 1000u : 0) + (a.state == address_state::preferred ? 500u : 0) +
           common_bits(a.address, destination) + 1;
}
} // namespace

ip_address interface::source_for(const ip_address& destination) const
{
    ip_address best;
    unsigned score = 0;
    _addresses.for_each([&](const interface_address& a) {
        if (!a.usable() || a.address.is_ipv4() != destination.is_ipv4())
            return;
        const unsigned here = suitability(a, destination);
        if (here > score) {
            best = a.address;
            score = here;
        }
    });
    return best;
}

ip_address interface::link_local() const
{
    ip_address found;
    _addresses.for_each([&](const interface_address& a) {
        if (a.usable() && a.address.is_link_local())
            found = a.address;
    });
    return found;
}

void interface::receive(network_device&, packet_queue frames)
{
    link::receive(*this, std::move(frames));
}

void interface::link_changed(network_device&)
{
    _link_work.raise(); // the driver may hold its lock
}

bool interface::follow_link(sched::deferred_work& w)
{
    interface& i = static_cast<link_work&>(w).owner;
    i._stack.routes().changed();
    if (!i.running())
        return false;
    i._stack.neighbours().forget(i); // another network may be at the other end of the cable
    i._autoconfiguration->start();
    if (i._dhcp)
        i._dhcp->restart();
    return false;
}

result<void> interface::start_dhcp()
{
    _dhcp = TRY(dhcp::client::create(*this));
    return {};
}

void interface::stop_dhcp()
{
    _dhcp.reset();
}

interfaces::~interfaces()
{
    interface* i = _first.load();
    while (i)
        delete std::exchange(i, i->_next.load());
}

result<interface*> interfaces::add(network_device* device)
{
    u32 index = 1;
    std::atomic<interface*>* end = &_first;
    while (interface* i = end->load(std::memory_order_acquire)) {
        end = &i->_next;
        index++;
    }
    auto made = TRY(interface::create(_stack, device, index));
    end->store(made.get(), std::memory_order_release);
    return made.release();
}

result<void> interfaces::add_loopback()
{
    interface* const lo = TRY(add(nullptr));
    TRY(lo->add_address({.address = ip_address(ipv4_address{0x7f00'0001}), .prefix_length = 8}));
    TRY(lo->add_address(
        {.address = ip_address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), .prefix_length = 128}));
    lo->set_up(true);
    return {};
}

result<interface*> interfaces::add(network_device& device)
{
    interface* const i = TRY(add(&device));
    TRY(device.attach(*i));
    return i;
}

interface* interfaces::by_index(u32 index) const
{
    interface* i = _first.load(std::memory_order_acquire);
    while (i && i->index() != index)
        i = next(*i);
    return i;
}

interface* interfaces::by_name(std::string_view name) const
{
    interface* i = _first.load(std::memory_order_acquire);
    while (i && i->name() != name)
        i = next(*i);
    return i;
}

interface* interfaces::by_address(const ip_address& a) const
{
    interface* i = _first.load(std::memory_order_acquire);
    while (i && !i->has_address(a))
        i = next(*i);
    return i;
}

interface* interfaces::first_card() const
{
    interface* i = _first.load(std::memory_order_acquire);
    while (i && (i->is_loopback() || !i->up()))
        i = next(*i);
    return i;
}
} // namespace net
