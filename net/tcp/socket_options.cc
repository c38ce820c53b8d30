// Options of a TCP socket (socket(7), tcp(7), ip(7), ipv6(7)).
#include <algorithm>

#include "net/interface/interface.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"
#include "net/tcp/socket.hh"

namespace net::tcp
{
namespace
{
/// A value that must lie between two bounds.
result<s64> checked(s64 value, s64 least, s64 most)
{
    if (value < least || value > most)
        return fail(errc::einval);
    return value;
}

/// socket(7): the kernel doubles what is asked for.
u32 buffer_size(s64 asked)
{
    const s64 most = settings::greatest_request;
    return static_cast<u32>(std::max<s64>(std::clamp<s64>(asked, 0, most) * 2, settings::least_buffer));
}
} // namespace

result<void> socket::set_tcp_option(option o, s64 value)
{
    settings& chosen = _connection->chosen;
    switch (o) {
    case option::tcp_no_delay:
        chosen.no_delay = value != 0;
        if (chosen.no_delay)
            _connection->push_locked();
        return {};
    case option::tcp_cork:
        chosen.cork = value != 0;
        if (!chosen.cork)
            _connection->push_locked();
        return {};
    case option::tcp_max_segment:
        if (value != 0)
            TRY(checked(value, 88, 32767));
        chosen.max_segment = static_cast<u16>(value);
        return {};
    case option::tcp_keep_idle:
        chosen.keep_idle = static_cast<u16>(TRY(checked(value, 1, 32767)));
        _connection->restart_keep_alive_locked();
        return {};
    case option::tcp_keep_interval:
        chosen.keep_interval = static_cast<u16>(TRY(checked(value, 1, 32767)));
        return {};
    case option::tcp_keep_count:
        chosen.keep_count = static_cast<u8>(TRY(checked(value, 1, 127)));
        return {};
    case option::tcp_user_timeout:
        chosen.user_timeout = static_cast<u32>(TRY(checked(value, 0, 0x7fff'ffff)));
        return {};
    case option::tcp_defer_accept:
        chosen.defer_accept = static_cast<u32>(std::clamp<s64>(value, 0, 255));
        return {};
    case option::tcp_quick_ack:
        _connection->set_quick_ack_locked(value != 0);
        return {};
    case option::tcp_syn_count:
        chosen.syn_count = static_cast<u8>(TRY(checked(value, 1, 127)));
        return {};
    case option::tcp_linger2:
        chosen.linger2 = value < 0 ? -1 : value > 120 ? 120 : value == 0 ? 60 : static_cast<s32>(value);
        return {};
    case option::tcp_window_clamp:
        chosen.window_clamp = value == 0 ? 0 : static_cast<u32>(std::clamp<s64>(value, 1152, 0x3fff'ffff));
        return {};
    case option::tcp_not_sent_low_water:
        chosen.not_sent_low_water = static_cast<u32>(TRY(checked(value, 0, 0xffff'ffff)));
        return {};
    case option::tcp_fast_open: // no cookie is ever given, so clients connect the usual way
        TRY(checked(value, 0, 0x7fff'ffff));
        return {};
    default:
        return fail(errc::enoprotoopt);
    }
}

result<void> socket::set_ip_option(option o, s64 value)
{
    settings& chosen = _connection->chosen;
    const bool ipv6_option = o >= option::ipv6_only && o <= option::ipv6_dont_fragment;
    if (ipv6_option && family() != net::family::ipv6)
        return fail(errc::enoprotoopt);
    switch (o) {
    case option::ip_tos:
    case option::ipv6_traffic_class:
        chosen.traffic_class = static_cast<u8>(value == -1 ? 0 : TRY(checked(value, 0, 255)));
        return {};
    case option::ip_ttl:
    case option::ipv6_unicast_hops:
        chosen.hop_limit = static_cast<u8>(value == -1 ? 64 : TRY(checked(value, 1, 255)));
        return {};
    case option::ip_mtu_discover:
    case option::ipv6_mtu_discover:
        chosen.mtu_discover = static_cast<u8>(TRY(checked(value, 0, 5)));
        return {};
    case option::ipv6_only:
        if (_connection->bound_locked())
            return fail(errc::einval);
        _connection->use_locked().ipv6_only = value != 0;
        return {};
    // Of datagrams; a stream takes and ignores them, as Linux's does.
    case option::ip_packet_info:
    case option::ip_receive_tos:
    case option::ip_receive_ttl:
    case option::ip_receive_error:
    case option::ip_free_bind:
    case option::ip_bind_address_no_port:
    case option::ip_multicast_all:
    case option::ip_multicast_loop:
    case option::ip_multicast_ttl:
    case option::ipv6_receive_packet_info:
    case option::ipv6_receive_traffic_class:
    case option::ipv6_receive_hop_limit:
    case option::ipv6_receive_error:
    case option::ipv6_multicast_hops:
    case option::ipv6_multicast_loop:
    case option::ipv6_dont_fragment:
        return {};
    default:
        return fail(errc::enoprotoopt);
    }
}

result<void> socket::set_option(option o, s64 value)
{
    result<void> outcome;
    WITH_LOCK(_connection->lock)
    {
        settings& chosen = _connection->chosen;
        switch (o) {
        case option::reuse_address:
            _connection->use_locked().reuse_address = value != 0;
            break;
        case option::reuse_port:
            _connection->use_locked().reuse_port = value != 0;
            break;
        case option::keep_alive:
            chosen.keep_alive = value != 0;
            _connection->restart_keep_alive_locked();
            break;
        case option::oob_inline:
            chosen.oob_inline = value != 0;
            break;
        case option::priority:
            chosen.priority = static_cast<u32>(value);
            break;
        case option::mark:
            chosen.mark = static_cast<u32>(value);
            break;
        case option::receive_buffer:
            chosen.receive_buffer = buffer_size(value);
            chosen.receive_buffer_set = true;
            _connection->update_buffers_locked();
            break;
        case option::send_buffer:
            chosen.send_buffer = buffer_size(value);
            chosen.send_buffer_set = true;
            _connection->update_buffers_locked();
            break;
        case option::receive_low_water:
            chosen.receive_low_water = value < 0 ? 0x7fff'ffff : std::max<u32>(static_cast<u32>(value), 1);
            break;
        case option::bind_to_interface:
            chosen.interface_index = static_cast<u32>(value);
            break;
        // Accepted without effect: a stream has no broadcasts, and no per-packet times are told.
        case option::broadcast:
        case option::dont_route:
        case option::timestamp:
        case option::timestamp_ns:
        case option::busy_poll:
        case option::incoming_cpu:
        case option::max_pacing_rate:
            break;
        default:
            outcome = o >= option::tcp_no_delay && o <= option::tcp_queued_bytes ? set_tcp_option(o, value)
                                                                                 : set_ip_option(o, value);
        }
        if (outcome && _listener)
            _listener->set_chosen(chosen);
    }
    _connection->settle();
    return outcome;
}

result<s64> socket::get_option(option o)
{
    connection& c = *_connection;
    lock_guard guard{c.lock};
    const settings chosen = c.chosen;
    if (o >= option::ipv6_only && o <= option::ipv6_dont_fragment && family() != net::family::ipv6)
        return fail(errc::enoprotoopt);
    const auto seconds_of = [](u32 s) { return s64{s}; };
    switch (o) {
    case option::reuse_address:
        return s64{c.use_locked().reuse_address};
    case option::reuse_port:
        return s64{c.use_locked().reuse_port};
    case option::keep_alive:
        return s64{chosen.keep_alive};
    case option::oob_inline:
        return s64{chosen.oob_inline};
    case option::priority:
        return s64{chosen.priority};
    case option::mark:
        return s64{chosen.mark};
    case option::receive_buffer:
        return s64{c.receive_buffer_locked()};
    case option::send_buffer:
        return s64{c.send_buffer_locked()};
    case option::receive_low_water:
        return s64{chosen.receive_low_water};
    case option::bind_to_interface:
        return s64{chosen.interface_index};
    case option::ip_tos:
    case option::ipv6_traffic_class:
        return s64{chosen.traffic_class};
    case option::ip_ttl:
    case option::ipv6_unicast_hops:
        return s64{chosen.hop_limit};
    case option::ip_mtu_discover:
    case option::ipv6_mtu_discover:
        return s64{chosen.mtu_discover};
    case option::ip_mtu:
    case option::ipv6_mtu:
        if (!c.path_locked())
            return fail(errc::enotconn);
        return s64{c.path_locked()->mtu()};
    case option::ipv6_only:
        return s64{c.use_locked().ipv6_only};
    case option::tcp_no_delay:
        return s64{chosen.no_delay};
    case option::tcp_cork:
        return s64{chosen.cork};
    case option::tcp_max_segment:
        return s64{c.current_locked() == state::closed && chosen.max_segment ? chosen.max_segment
                                                                             : c.segment_size_locked()};
    case option::tcp_keep_idle:
        return seconds_of(chosen.keep_idle);
    case option::tcp_keep_interval:
        return seconds_of(chosen.keep_interval);
    case option::tcp_keep_count:
        return s64{chosen.keep_count};
    case option::tcp_user_timeout:
        return s64{chosen.user_timeout};
    case option::tcp_defer_accept:
        return seconds_of(chosen.defer_accept);
    case option::tcp_quick_ack:
        return s64{!c.interactive_locked()};
    case option::tcp_syn_count:
        return s64{chosen.syn_count};
    case option::tcp_linger2:
        return s64{chosen.linger2};
    case option::tcp_window_clamp:
        return s64{chosen.window_clamp};
    case option::tcp_not_sent_low_water:
        return s64{chosen.not_sent_low_water};
    case option::tcp_queued_bytes:
        return s64{c.unsent_locked()};
    case option::broadcast:
    case option::dont_route:
    case option::timestamp:
    case option::timestamp_ns:
    case option::busy_poll:
    case option::tcp_fast_open:
    case option::ip_packet_info:
    case option::ip_receive_tos:
    case option::ip_receive_ttl:
    case option::ip_receive_error:
    case option::ipv6_receive_packet_info:
    case option::ipv6_receive_traffic_class:
    case option::ipv6_receive_hop_limit:
    case option::ipv6_receive_error:
        return s64{0};
    default:
        return fail(errc::enoprotoopt);
    }
}

result<void> socket::set_linger(linger l)
{
    lock_guard guard{_connection->lock};
    _connection->chosen.lingers = l.on;
    _connection->chosen.linger_seconds = l.seconds;
    if (_listener)
        _listener->set_chosen(_connection->chosen);
    return {};
}

linger socket::get_linger() const
{
    lock_guard guard{_connection->lock};
    return {.on = _connection->chosen.lingers, .seconds = _connection->chosen.linger_seconds};
}

result<void> socket::set_congestion_control(std::string_view name)
{
    const auto* const found = tcp::congestion_control::find(name);
    if (!found)
        return fail(errc::enoent);
    lock_guard guard{_connection->lock};
    _connection->choose_congestion_locked(*found);
    if (_listener)
        _listener->set_chosen(_connection->chosen);
    return {};
}

std::string_view socket::congestion_control() const
{
    lock_guard guard{_connection->lock};
    const auto* chosen = _connection->chosen.congestion;
    return chosen ? chosen->name() : tcp::congestion_control::standard().name();
}
} // namespace net::tcp
