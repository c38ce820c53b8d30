// Options of internet sockets: which numbers of Linux mean which net::option, and those that are no numbers.
#include <algorithm>
#include <string_view>

#include "linux/abi/inet.hh"
#include "linux/abi/interface.hh"
#include "linux/socket/inet/inet_file.hh"
#include "linux/socket/plain_options.hh"
#include "net/interface/interface.hh"
#include "net/stack.hh"

namespace linux
{
namespace
{
using net::option;

struct option_row {
    int level;
    int name;
    option means;
};

constexpr option_row rows[] = {
    {sol_socket, so_reuseaddr, option::reuse_address},
    {sol_socket, so_reuseport, option::reuse_port},
    {sol_socket, so_keepalive, option::keep_alive},
    {sol_socket, so_broadcast, option::broadcast},
    {sol_socket, so_dontroute, option::dont_route},
    {sol_socket, so_oobinline, option::oob_inline},
    {sol_socket, so_priority, option::priority},
    {sol_socket, so_mark, option::mark},
    {sol_socket, so_timestamp, option::timestamp},
    {sol_socket, so_timestampns, option::timestamp_ns},
    {sol_socket, so_rcvbuf, option::receive_buffer},
    {sol_socket, so_rcvbufforce, option::receive_buffer},
    {sol_socket, so_sndbuf, option::send_buffer},
    {sol_socket, so_sndbufforce, option::send_buffer},
    {sol_socket, so_rcvlowat, option::receive_low_water},
    {sol_socket, so_busy_poll, option::busy_poll},
    {sol_socket, so_incoming_cpu, option::incoming_cpu},
    {sol_socket, so_bindtoifindex, option::bind_to_interface},
    {sol_socket, so_zerocopy, option::zero_copy},
    {sol_socket, so_max_pacing_rate, option::max_pacing_rate},
    {sol_ip, ip_tos, option::ip_tos},
    {sol_ip, ip_ttl, option::ip_ttl},
    {sol_ip, ip_pktinfo, option::ip_packet_info},
    {sol_ip, ip_recvtos, option::ip_receive_tos},
    {sol_ip, ip_recvttl, option::ip_receive_ttl},
    {sol_ip, ip_recverr, option::ip_receive_error},
    {sol_ip, ip_mtu_discover, option::ip_mtu_discover},
    {sol_ip, ip_mtu, option::ip_mtu},
    {sol_ip, ip_freebind, option::ip_free_bind},
    {sol_ip, ip_transparent, option::ip_transparent},
    {sol_ip, ip_multicast_ttl, option::ip_multicast_ttl},
    {sol_ip, ip_multicast_loop, option::ip_multicast_loop},
    {sol_ip, ip_multicast_all, option::ip_multicast_all},
    {sol_ip, ip_bind_address_no_port, option::ip_bind_address_no_port},
    {sol_ipv6, ipv6_v6only, option::ipv6_only},
    {sol_ipv6, ipv6_unicast_hops, option::ipv6_unicast_hops},
    {sol_ipv6, ipv6_multicast_hops, option::ipv6_multicast_hops},
    {sol_ipv6, ipv6_multicast_loop, option::ipv6_multicast_loop},
    {sol_ipv6, ipv6_multicast_if, option::ipv6_multicast_interface},
    {sol_ipv6, ipv6_recvpktinfo, option::ipv6_receive_packet_info},
    {sol_ipv6, ipv6_recvtclass, option::ipv6_receive_traffic_class},
    {sol_ipv6, ipv6_recvhoplimit, option::ipv6_receive_hop_limit},
    {sol_ipv6, ipv6_recverr, option::ipv6_receive_error},
    {sol_ipv6, ipv6_tclass, option::ipv6_traffic_class},
    {sol_ipv6, ipv6_mtu_discover, option::ipv6_mtu_discover},
    {sol_ipv6, ipv6_mtu, option::ipv6_mtu},
    {sol_ipv6, ipv6_dontfrag, option::ipv6_dont_fragment},
    {sol_ipv6, ipv6_freebind, option::ip_free_bind},
    {sol_tcp, tcp_nodelay, option::tcp_no_delay},
    {sol_tcp, tcp_maxseg, option::tcp_max_segment},
    {sol_tcp, tcp_cork, option::tcp_cork},
    {sol_tcp, tcp_keepidle, option::tcp_keep_idle},
    {sol_tcp, tcp_keepintvl, option::tcp_keep_interval},
    {sol_tcp, tcp_keepcnt, option::tcp_keep_count},
    {sol_tcp, tcp_syncnt, option::tcp_syn_count},
    {sol_tcp, tcp_linger2, option::tcp_linger2},
    {sol_tcp, tcp_defer_accept, option::tcp_defer_accept},
    {sol_tcp, tcp_window_clamp, option::tcp_window_clamp},
    {sol_tcp, tcp_quickack, option::tcp_quick_ack},
    {sol_tcp, tcp_user_timeout, option::tcp_user_timeout},
    {sol_tcp, tcp_fastopen, option::tcp_fast_open},
    {sol_tcp, tcp_notsent_lowat, option::tcp_not_sent_low_water},
    {sol_udp, udp_segment, option::udp_segment},
    {sol_udp, udp_gro, option::udp_gro},
};

/// Errors: enoprotoopt.
result<option> meaning(int level, int name)
{
    for (const auto& row : rows)
        if (row.level == level && row.name == name)
            return row.means;
    return fail(errc::enoprotoopt);
}

std::string_view text_of(std::span<const std::byte> value)
{
    const std::string_view all(reinterpret_cast<const char*>(value.data()), value.size());
    return all.substr(0, all.find('\0'));
}

size_t give_text(std::span<std::byte> out, std::string_view text)
{
    char padded[16] = {};
    text.copy(padded, sizeof padded - 1);
    return give_option(out, padded);
}

template <class T>
result<T> option_as(std::span<const std::byte> value)
{
    T wanted;
    if (value.size() < sizeof wanted)
        return fail(errc::einval);
    std::memcpy(&wanted, value.data(), sizeof wanted);
    return wanted;
}

/// A group, and where: by an address of ours or an interface's number.
struct membership {
    net::ip_address group;
    net::ip_address local;
    u32 interface = 0;
};

result<membership> read_membership(int name, std::span<const std::byte> value)
{
    membership m;
    if (name == ipv6_join_group || name == ipv6_leave_group) {
        const auto wanted = TRY(option_as<ipv6_mreq>(value));
        m = {ip_address_of(wanted.group), {}, static_cast<u32>(wanted.interface)};
    } else if (name == mcast_join_group || name == mcast_leave_group) {
        const auto wanted = TRY(option_as<group_request>(value));
        const auto group = socket_address::of(wanted.group);
        const auto family = group.family() == af_inet6 ? net::family::ipv6 : net::family::ipv4;
        m = {TRY(endpoint_of(group, family)).address, {}, wanted.interface};
    } else if (value.size() >= sizeof(ip_mreqn)) {
        const auto wanted = TRY(option_as<ip_mreqn>(value));
        m = {ip_address_of(wanted.group), ip_address_of(wanted.address), static_cast<u32>(wanted.interface)};
    } else {
        const auto wanted = TRY(option_as<ip_mreq>(value));
        m = {ip_address_of(wanted.group), ip_address_of(wanted.interface), 0};
    }
    return m;
}

bool is_join(int level, int name)
{
    return name == mcast_join_group ||
           (level == sol_ip ? name == ip_add_membership : name == ipv6_join_group);
}
bool is_leave(int level, int name)
{
    return name == mcast_leave_group ||
           (level == sol_ip ? name == ip_drop_membership : name == ipv6_leave_group);
}

/// IP_MULTICAST_IF: an address of ours, or a structure with the interface's number.
result<s64> multicast_interface(std::span<const std::byte> value)
{
    if (value.size() >= sizeof(ip_mreqn))
        if (const auto wanted = TRY(option_as<ip_mreqn>(value)); wanted.interface)
            return s64{wanted.interface};
    const size_t offset = value.size() >= sizeof(ip_mreq) ? sizeof(u32) : 0;
    const u32 address = TRY(option_as<u32>(value.subspan(offset)));
    if (address == 0)
        return s64{0};
    const auto* const found = net::the_stack().interfaces().by_address(ip_address_of(address));
    if (!found)
        return fail(errc::eaddrnotavail);
    return s64{found->index()};
}

result<void> bind_to_device(net::socket& socket, std::span<const std::byte> value)
{
    const auto name = text_of(value.first(std::min(value.size(), interface_name_size - 1)));
    if (name.empty())
        return socket.set_option(option::bind_to_interface, 0);
    const auto* const found = net::the_stack().interfaces().by_name(name);
    if (!found)
        return fail(errc::enodev);
    return socket.set_option(option::bind_to_interface, found->index());
}

/// Options of IP may be given as one byte.
result<s64> number_of(int level, std::span<const std::byte> value)
{
    if (level == sol_ip && !value.empty() && value.size() < sizeof(s32))
        return static_cast<s64>(value.front());
    return s64{TRY(option_number(value))};
}
} // namespace

result<void> inet_file::set_option(int level, int name, std::span<const std::byte> value)
{
    if (level == sol_socket) {
        switch (name) {
        case so_linger: {
            const auto wanted = TRY(option_as<linux::linger>(value));
            return _socket->set_linger({wanted.on != 0, static_cast<u32>(wanted.seconds)});
        }
        case so_bindtodevice:
            return bind_to_device(*_socket, value);
        case so_passcred: // without a meaning here, and nobody minds
        case so_passsec:
        case so_debug:
        case so_no_check:
        case so_select_err_queue:
        case so_rxq_ovfl:
            TRY(option_number(value));
            return {};
        case so_acceptconn:
        case so_peercred:
            return fail(errc::enoprotoopt);
        }
    } else if (level == sol_tcp && type() == sock_stream && name == tcp_congestion) {
        return _socket->set_congestion_control(text_of(value));
    } else if (level == sol_ip && name == ip_multicast_if) {
        return _socket->set_option(option::ip_multicast_interface, TRY(multicast_interface(value)));
    } else if (level == sol_ip || (level == sol_ipv6 && is_ipv6())) {
        if (is_join(level, name) || is_leave(level, name)) {
            if (type() == sock_stream)
                return fail(errc::eproto);
            const auto m = TRY(read_membership(name, value));
            return is_join(level, name) ? _socket->join_group(m.group, m.local, m.interface)
                                        : _socket->leave_group(m.group, m.local, m.interface);
        }
    } else if (level == sol_ipv6) {
        return fail(errc::enoprotoopt);
    }
    return _socket->set_option(TRY(meaning(level, name)), TRY(number_of(level, value)));
}

result<size_t> inet_file::get_option(int level, int name, std::span<std::byte> value)
{
    if (level == sol_socket) {
        switch (name) {
        case so_error:
            return give_option(value, static_cast<s32>(_socket->take_error()));
        case so_linger: {
            const auto now = _socket->get_linger();
            return give_option(value, linux::linger{now.on, static_cast<s32>(now.seconds)});
        }
        case so_bindtodevice: {
            const auto index = TRY(_socket->get_option(option::bind_to_interface));
            const auto* const bound = net::the_stack().interfaces().by_index(static_cast<u32>(index));
            return bound ? give_text(value, bound->name()) : size_t{0};
        }
        case so_peercred:
            return give_option(value, ucred{0, ~0u, ~0u});
        case so_sndlowat:
            return give_option(value, s32{1});
        case so_incoming_napi_id:
        case so_passcred:
        case so_passsec:
        case so_debug:
        case so_no_check:
            return give_option(value, s32{0});
        }
    } else if (level == sol_tcp && type() == sock_stream) {
        if (name == tcp_info)
            return _socket->describe_tcp(value);
        if (name == tcp_congestion)
            return give_text(value, _socket->congestion_control());
    } else if (level == sol_ipv6 && !is_ipv6()) {
        return fail(errc::enoprotoopt);
    }
    const s64 number = TRY(_socket->get_option(TRY(meaning(level, name))));
    if (level == sol_ip && !value.empty() && value.size() < sizeof(s32) && number >= 0 && number <= 0xff)
        return give_option(value.first(1), static_cast<u8>(number));
    return give_option(value, static_cast<s32>(number));
}
} // namespace linux
