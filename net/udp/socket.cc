// Binding, connecting, closing; see socket.hh.
#include "net/udp/socket.hh"

#include "net/interface/interface.hh"
#include "net/multicast/groups.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net
{
udp_socket::udp_socket(udp& owner, net::family f)
    : socket(f, socket_type::datagram, protocol_number::udp), _udp(owner)
{
    _binding.is_ipv4 = f == family::ipv4;
    _binding.local.address = ip_address::any(f);
}

udp_socket::~udp_socket()
{
    _udp.ports().unbind(*this); // nobody called close()
    lock_guard guard{_lock};
    if (_charge)
        _charge->end();
}

bool udp_socket::may_bind_to(const endpoint& local) const
{
    const ip_address& a = local.address;
    if (a.is_any() || a.is_multicast() || _options.on(option::ip_free_bind) ||
        _options.on(option::ip_transparent) || stack().interfaces().is_local(a))
        return true;
    if (!a.is_ipv4())
        return false;
    for (interface* i = &stack().interfaces().loopback(); i; i = stack().interfaces().next(*i))
        if (i->addresses().is_broadcast(a.as_ipv4()))
            return true;
    return a.as_ipv4().is_broadcast();
}

result<void> udp_socket::bind(const endpoint& local)
{
    lock_guard guard{_binding_changes};
    if (_binding.local.port != 0)
        return fail(errc::einval);
    if (!may_bind_to(local))
        return fail(errc::eaddrnotavail);
    if (local.address.is_link_local() && local.scope == 0)
        return fail(errc::einval);
    udp_binding wanted = _binding;
    wanted.local = local;
    TRY(_udp.ports().bind(*this, wanted));
    _address_given = !local.address.is_any();
    _port_given = local.port != 0;
    return {};
}

/// A socket that sends needs a port.
result<void> udp_socket::bind_if_needed(const ip_address&)
{
    if (_binding.local.port != 0)
        return {};
    lock_guard guard{_binding_changes};
    if (_binding.local.port != 0)
        return {};
    return _udp.ports().bind(*this, _binding);
}

result<void> udp_socket::connect(const endpoint& peer)
{
    TRY(bind_if_needed(peer.address));
    lock_guard guard{_binding_changes};
    if (_binding.connected) { // to another: as if it had not been
        udp_binding before = _binding;
        before.connected = false;
        if (!_address_given)
            before.local.address = ip_address::any(family());
        TRY(_udp.ports().change(*this, before));
    }
    auto way = TRY(find_way(peer, {}));
    if (!way->next_hop() && !way->out().is_loopback() && !peer.address.is_multicast() &&
        !_options.on(option::broadcast))
        return fail(errc::eacces);
    udp_binding connected = _binding;
    connected.connected = true;
    connected.peer = peer;
    connected.peer.address = way->destination(); // 0.0.0.0 means this host
    if (connected.local.address.is_any())
        connected.local.address = way->source();
    TRY(_udp.ports().change(*this, connected));
    lock_guard state{_lock};
    _path = std::move(way);
    return {};
}

result<void> udp_socket::disconnect()
{
    lock_guard guard{_binding_changes};
    if (!_binding.connected)
        return {};
    udp_binding free = _binding;
    free.connected = false;
    free.peer = {};
    if (!_address_given)
        free.local.address = ip_address::any(family());
    if (_port_given)
        return _udp.ports().change(*this, free);
    _udp.ports().unbind(*this);
    free.local.port = 0;
    _binding = free;
    return {};
}

result<void> udp_socket::shutdown(direction d)
{
    if (!_binding.connected)
        return fail(errc::enotconn);
    WITH_LOCK(_lock)
    {
        _read_shut |= d != direction::write;
        _write_shut |= d != direction::read;
    }
    _queue.wake_all();
    return {};
}

void udp_socket::close()
{
    WITH_LOCK(_binding_changes)
    {
        _udp.ports().unbind(*this);
    }
    packet_queue dropped;
    dynamic_array<membership> left;
    ref_ptr<path> way;
    WITH_LOCK(_lock)
    {
        _closed = true;
        dropped = std::move(_received);
        left = std::move(_groups);
        way = std::move(_path);
    }
    for (const membership& m : left)
        (void)stack().groups().leave(*m.on, m.group);
}

endpoint udp_socket::local() const
{
    lock_guard guard{_binding_changes};
    return _binding.local;
}

result<endpoint> udp_socket::peer() const
{
    lock_guard guard{_binding_changes};
    if (!_binding.connected)
        return fail(errc::enotconn);
    return _binding.peer;
}

u32 udp_socket::events()
{
    constexpr u32 read_normal = event::readable & ~(event::in | event::read_hang_up);
    lock_guard guard{_lock};
    u32 now = sends_within(2) ? event::writable : 0;
    if (!_received.empty())
        now |= event::in | read_normal;
    if (_error != errc{} || !_errors.empty())
        now |= event::error;
    if (_read_shut)
        now |= event::in | read_normal | event::read_hang_up;
    if (_read_shut && _write_shut)
        now |= event::hang_up;
    return now;
}

errc udp_socket::take_error()
{
    lock_guard guard{_lock};
    return std::exchange(_error, errc{});
}

result<void> udp_socket::set_option(option o, s64 value)
{
    if (o == option::bind_to_interface && value != 0 &&
        !stack().interfaces().by_index(static_cast<u32>(value)))
        return fail(errc::enodev);
    if (o == option::ipv6_only) {
        lock_guard guard{_binding_changes};
        if (_binding.local.port != 0)
            return fail(errc::einval);
    }
    TRY(_options.set(o, value, family()));
    if (o != option::reuse_address && o != option::reuse_port && o != option::ipv6_only &&
        o != option::bind_to_interface)
        return {};
    lock_guard guard{_binding_changes};
    udp_binding changed = _binding;
    changed.reuse_address = _options.on(option::reuse_address);
    changed.reuse_port = _options.on(option::reuse_port);
    changed.v6_only = _options.on(option::ipv6_only);
    changed.interface_index = static_cast<u32>(_options[option::bind_to_interface]);
    if (_binding.local.port != 0)
        return _udp.ports().change(*this, changed);
    _binding = changed;
    return {};
}

result<s64> udp_socket::get_option(option o)
{
    if (o == option::ip_mtu || o == option::ipv6_mtu) {
        lock_guard guard{_lock};
        if (!_path || !_binding.connected)
            return fail(errc::enotconn);
        return s64{_path->mtu()};
    }
    return _options.get(o, family());
}
} // namespace net
