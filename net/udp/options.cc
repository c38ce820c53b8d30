// See options.hh. Ranges and defaults as Linux has them (socket(7), ip(7), ipv6(7)).
#include "net/udp/options.hh"

#include <algorithm>

namespace net
{
namespace
{
constexpr s32 default_buffer = 212'992;
constexpr s32 least_receive_buffer = 2304, least_send_buffer = 4608;

struct range {
    s64 least, most;
};

/// What a number may be; nothing: it is no option of datagrams.
std::optional<range> range_of(option o)
{
    switch (o) {
    case option::reuse_address:
    case option::reuse_port:
    case option::keep_alive:
    case option::broadcast:
    case option::dont_route:
    case option::oob_inline:
    case option::timestamp:
    case option::timestamp_ns:
    case option::zero_copy:
    case option::ip_packet_info:
    case option::ip_receive_tos:
    case option::ip_receive_ttl:
    case option::ip_receive_error:
    case option::ip_free_bind:
    case option::ip_transparent:
    case option::ip_multicast_loop:
    case option::ip_multicast_all:
    case option::ip_bind_address_no_port:
    case option::ipv6_only:
    case option::ipv6_multicast_loop:
    case option::ipv6_receive_packet_info:
    case option::ipv6_receive_traffic_class:
    case option::ipv6_receive_hop_limit:
    case option::ipv6_receive_error:
    case option::ipv6_dont_fragment:
    case option::udp_gro:
        return range{INT32_MIN, INT32_MAX}; // on or off
    case option::priority:
    case option::mark:
    case option::receive_buffer:
    case option::send_buffer:
    case option::receive_low_water:
    case option::incoming_cpu:
    case option::max_pacing_rate:
        return range{INT32_MIN, INT32_MAX};
    case option::busy_poll:
    case option::bind_to_interface:
    case option::ip_multicast_interface:
    case option::ipv6_multicast_interface:
        return range{0, INT32_MAX};
    case option::ip_tos:
        return range{INT32_MIN, INT32_MAX}; // the low byte counts
    case option::ip_ttl:
        return range{-1, 255}; // not 0: below
    case option::ip_multicast_ttl:
    case option::ipv6_unicast_hops:
    case option::ipv6_multicast_hops:
    case option::ipv6_traffic_class:
        return range{-1, 255};
    case option::ip_mtu_discover:
    case option::ipv6_mtu_discover:
        return range{0, 5};
    case option::ipv6_mtu:
        return range{1280, 65'535};
    case option::udp_segment:
        return range{0, 65'535};
    default:
        return {};
    }
}

bool is_switch(option o)
{
    const auto r = range_of(o);
    return r && r->least == INT32_MIN && o != option::priority && o != option::mark &&
           o != option::receive_buffer && o != option::send_buffer && o != option::receive_low_water &&
           o != option::incoming_cpu && o != option::max_pacing_rate && o != option::ip_tos;
}

bool is_ipv6_option(option o)
{
    return o >= option::ipv6_only && o <= option::ipv6_dont_fragment;
}

/// What -1 stands for.
s32 default_of(option o)
{
    switch (o) {
    case option::ip_ttl:
    case option::ipv6_unicast_hops:
        return 64;
    case option::ip_multicast_ttl:
    case option::ipv6_multicast_hops:
    case option::ip_multicast_loop:
    case option::ipv6_multicast_loop:
    case option::ip_multicast_all:
    case option::ip_mtu_discover:
    case option::ipv6_mtu_discover:
    case option::receive_low_water:
        return 1;
    case option::receive_buffer:
    case option::send_buffer:
        return default_buffer;
    case option::incoming_cpu:
        return -1;
    default:
        return 0;
    }
}

/// SO_RCVBUF and SO_SNDBUF: twice what was asked for, because the system's own needs come out of it.
s32 buffer_size(s64 wanted, s32 least)
{
    return static_cast<s32>(std::max<s64>(std::clamp<s64>(wanted, 0, default_buffer) * 2, least));
}
} // namespace

datagram_options::datagram_options()
{
    for (size_t i = 0; i < count; i++)
        _values[i].store(default_of(static_cast<option>(i)), std::memory_order_relaxed);
}

result<void> datagram_options::set(option o, s64 value, net::family f)
{
    const auto allowed = range_of(o);
    if (!allowed || (is_ipv6_option(o) && f == family::ipv4))
        return fail(errc::enoprotoopt);
    if (value < allowed->least || value > allowed->most || (o == option::ip_ttl && value == 0))
        return fail(errc::einval);
    if (is_switch(o))
        value = value != 0;
    else if (value == -1 && o != option::incoming_cpu && allowed->least == -1)
        value = default_of(o);
    else if (o == option::receive_buffer)
        value = buffer_size(value, least_receive_buffer);
    else if (o == option::send_buffer)
        value = buffer_size(value, least_send_buffer);
    else if (o == option::ip_tos)
        value &= 0xff;
    store(o, static_cast<s32>(value));
    return {};
}

result<s64> datagram_options::get(option o, net::family f) const
{
    if (!range_of(o) || (is_ipv6_option(o) && f == family::ipv4))
        return fail(errc::enoprotoopt);
    return s64{(*this)[o]};
}
} // namespace net
