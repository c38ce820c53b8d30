// Sending datagrams.
#include <algorithm>

#include "net/header/udp.hh"
#include "net/header/view.hh"
#include "net/interface/interface.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/udp/socket.hh"

namespace net
{
namespace
{
constexpr size_t longest4 = 65'535 - 20 - sizeof(udp_header);
constexpr size_t longest6 = 65'535 - sizeof(udp_header);
/// Payloads up to this lie in the packet's own memory, longer ones in pages.
constexpr size_t linear_limit = 2048;

/// The payload, copied from the application. Errors: enomem, efault.
result<packet_ptr> packet_from(io_buffer& from, size_t length)
{
    auto p = TRY(packet::create(packet::header_room, length <= linear_limit ? static_cast<u32>(length) : 0));
    if (length <= linear_limit) {
        if (from.copy_in({p->append(static_cast<u32>(length)), length}) < length)
            return fail(errc::efault);
        return p;
    }
    while (length > 0) {
        auto page = TRY(packet_buffer::create(packet_buffer::page_capacity));
        const size_t piece = std::min<size_t>(length, page->capacity());
        std::byte* const data = page->data();
        if (from.copy_in({data, piece}) < piece)
            return fail(errc::efault);
        TRY(p->append({std::move(page), data, static_cast<u32>(piece)}));
        length -= piece;
    }
    return p;
}
} // namespace

result<ref_ptr<path>> udp_socket::find_way(const endpoint& to, const message_info& info)
{
    const bool is_multicast = to.address.is_multicast();
    u32 index =
        info.interface_index ? info.interface_index : static_cast<u32>(_options[option::bind_to_interface]);
    if (!index)
        index = to.scope;
    if (!index && is_multicast)
        index = static_cast<u32>(_options[to.address.is_ipv4() ? option::ip_multicast_interface
                                                               : option::ipv6_multicast_interface]);
    if (!index && to.address.is_link_local())
        index = _binding.local.scope;
    interface* const out = index ? stack().interfaces().by_index(index) : nullptr;
    if (index && !out)
        return fail(errc::enodev);
    ip_address source = info.local.value_or(_binding.local.address);
    if (source.is_any() || source.is_multicast() || source.is_ipv4() != to.address.is_ipv4())
        source = {};
    return stack().routes().find(to.address, source, out);
}

/// Whether choose_target() would choose the peer and the way that is kept.
bool udp_socket::knows_way_to_peer() const
{
    const endpoint& peer = _binding.peer;
    return _binding.connected && _path && _path->current() && _path->destination() == peer.address &&
           peer.scope == 0 && peer.port != 0 && peer.address.is_ipv4() == (family() == family::ipv4);
}

result<udp_socket::target> udp_socket::choose_target(const message_info& info)
{
    const bool plain = !info.local && !info.interface_index;
    if (!info.address && !_binding.connected)
        return fail(errc::edestaddrreq);
    const endpoint to = info.address.value_or(_binding.peer);
    if (to.port == 0)
        return fail(errc::einval);
    if (to.address.is_ipv4() && family() == family::ipv6 && _options.on(option::ipv6_only))
        return fail(errc::enetunreach);
    WITH_LOCK(_lock)
    {
        if (plain && _path && _path->current() && _path->destination() == to.address && to.scope == 0)
            return target{_path, to.port};
    }
    auto way = TRY(find_way(to, info));
    ref_ptr<path> old; // let go of without the lock
    if (plain)
        WITH_LOCK(_lock)
        {
            old = std::exchange(_path, way);
        }
    return target{std::move(way), to.port};
}

ip_options udp_socket::ip_options_for(const path& way, const message_info& info) const
{
    const ip_address& to = way.destination();
    const bool is_ipv4 = to.is_ipv4(), is_group = to.is_multicast();
    const s32 discover = _options[is_ipv4 ? option::ip_mtu_discover : option::ipv6_mtu_discover];
    const option hops = is_ipv4 ? (is_group ? option::ip_multicast_ttl : option::ip_ttl)
                                : (is_group ? option::ipv6_multicast_hops : option::ipv6_unicast_hops);
    ip_options o;
    o.traffic_class = info.traffic_class.value_or(
        static_cast<u8>(_options[is_ipv4 ? option::ip_tos : option::ipv6_traffic_class]));
    o.hop_limit = info.hop_limit.value_or(static_cast<u8>(_options[hops]));
    o.may_fragment = discover < datagram_options::discover_do && !_options.on(option::ipv6_dont_fragment);
    o.dont_fragment = discover != datagram_options::discover_never;
    o.multicast_loop =
        is_group && _options.on(is_ipv4 ? option::ip_multicast_loop : option::ipv6_multicast_loop);
    return o;
}

/// Whether a part of the send buffer, its half for example, is more than what is under way. If not, waiters
/// are told when half of it is free.
bool udp_socket::sends_within(u32 part)
{
    const auto buffer = static_cast<u64>(_options[option::send_buffer]);
    return !_charge || _charge->is_below(buffer / part, buffer / 2);
}

/// What the packets count for that leave by a card. Errors: enomem.
result<ref_ptr<packet_charge>> udp_socket::charge()
{
    WITH_LOCK(_lock)
    {
        if (_charge)
            return _charge;
    }
    auto made = TRY(make_ref<packet_charge>(_queue, event::writable));
    lock_guard guard{_lock};
    if (!_charge)
        _charge = std::move(made);
    return _charge;
}

result<u32> udp_socket::unsent_bytes()
{
    lock_guard guard{_lock};
    return _charge ? static_cast<u32>(_charge->used()) : 0u;
}

result<void> udp_socket::send_one(io_buffer& from, size_t length, const target& to, const ip_options& ip)
{
    auto p = TRY(packet_from(from, length));
    if (!to.way->out().is_loopback())
        p->charge_to(*TRY(charge()));
    return _udp.send(std::move(p), *to.way, _binding.local.port, to.port, ip);
}

result<size_t> udp_socket::send(io_buffer& from, const message_info* told, send_options options)
{
    static constexpr message_info nothing;
    const message_info& info = told ? *told : nothing;
    if (options.out_of_band)
        return fail(errc::eopnotsupp);
    const size_t length = from.remaining();
    target to;
    WITH_LOCK(_lock)
    {
        if (_write_shut)
            return fail(errc::epipe);
        if (const errc pending = std::exchange(_error, errc{}); pending != errc{})
            return fail(pending);
        if (!sends_within(1)) {
            stack().counters().udp.send_buffer_errors++;
            return fail(errc::eagain);
        }
        if (!told && knows_way_to_peer())
            to = {_path, _binding.peer.port};
    }
    if (!to.way)
        to = TRY(choose_target(info));
    if (length > (to.way->destination().is_ipv4() ? longest4 : longest6))
        return fail(errc::emsgsize);
    const bool is_broadcast =
        !to.way->next_hop() && !to.way->out().is_loopback() && !to.way->destination().is_multicast();
    if (is_broadcast && !_options.on(option::broadcast))
        return fail(errc::eacces);
    TRY(bind_if_needed(to.way->destination()));
    ip_options ip = ip_options_for(*to.way, info);
    if (is_broadcast)
        ip.multicast_loop = true;
    const u32 segment =
        info.segment_size ? info.segment_size : static_cast<u32>(_options[option::udp_segment]);
    if (segment == 0 || length <= segment) {
        TRY(send_one(from, length, to, ip));
        return length;
    }
    for (size_t done = 0; done < length; done += segment) // UDP_SEGMENT: many datagrams in one call
        TRY(send_one(from, std::min<size_t>(segment, length - done), to, ip));
    return length;
}
} // namespace net
