#include "linux/socket/inet/control_data.hh"

#include "linux/abi/inet.hh"
#include "linux/abi/time.hh"
#include "linux/socket/address.hh"

namespace linux
{
namespace
{
/// A number that programs give as an int, or as a byte.
result<s32> small_number(const ancillary_message& message)
{
    if (message.data.size() == 1)
        return static_cast<s32>(message.data.front());
    return message.as<s32>();
}

result<u8> byte_from(s32 number, s32 least)
{
    if (number < least || number > 0xff)
        return fail(errc::einval);
    return static_cast<u8>(number);
}

result<void> read_ip(net::message_info& info, const ancillary_message& message)
{
    switch (message.type) {
    case ip_pktinfo: {
        const auto wanted = TRY(message.as<in_pktinfo>());
        info.interface_index = static_cast<u32>(wanted.interface);
        if (wanted.source)
            info.local = ip_address_of(wanted.source);
        return {};
    }
    case ip_ttl:
        info.hop_limit = TRY(byte_from(TRY(message.as<s32>()), 1));
        return {};
    case ip_tos:
        info.traffic_class = TRY(byte_from(TRY(small_number(message)), 0));
        return {};
    default:
        return fail(errc::einval);
    }
}

result<void> read_ipv6(net::message_info& info, const ancillary_message& message)
{
    switch (message.type) {
    case ipv6_pktinfo: {
        const auto wanted = TRY(message.as<in6_pktinfo>());
        info.interface_index = wanted.interface;
        if (const auto local = ip_address_of(wanted.address); !local.is_any())
            info.local = local;
        return {};
    }
    case ipv6_hoplimit: {
        const s32 limit = TRY(message.as<s32>());
        if (limit != -1)
            info.hop_limit = TRY(byte_from(limit, 0));
        return {};
    }
    case ipv6_tclass: {
        const s32 number = TRY(message.as<s32>());
        if (number != -1)
            info.traffic_class = TRY(byte_from(number, 0));
        return {};
    }
    case ipv6_dontfrag:
        TRY(message.as<s32>());
        return {};
    default:
        return fail(errc::einval);
    }
}

void write_ip(control_writer& out, const net::message_info& info)
{
    if (info.local) {
        const u32 local = big_endian(*info.local);
        out.put(sol_ip, ip_pktinfo, in_pktinfo{static_cast<s32>(info.interface_index), local, local});
    }
    if (info.hop_limit)
        out.put(sol_ip, ip_ttl, s32{*info.hop_limit});
    if (info.traffic_class)
        out.put(sol_ip, ip_tos, *info.traffic_class);
}

void write_ipv6(control_writer& out, const net::message_info& info)
{
    if (info.local) {
        in6_pktinfo shown{.address = {}, .interface = info.interface_index};
        std::memcpy(shown.address, info.local->bytes().data(), sizeof shown.address);
        out.put(sol_ipv6, ipv6_pktinfo, shown);
    }
    if (info.hop_limit)
        out.put(sol_ipv6, ipv6_hoplimit, s32{*info.hop_limit});
    if (info.traffic_class)
        out.put(sol_ipv6, ipv6_tclass, s32{*info.traffic_class});
}
} // namespace

result<void> read_control(const net::socket& socket, net::message_info& info,
                          std::span<const std::byte> control)
{
    for (control_reader reader(control); reader.more();) {
        const auto message = TRY(reader.next());
        if (message.level == sol_socket) {
            // Rights and credentials are for unix sockets; as on Linux nobody minds them here.
            if (message.type != scm_rights && message.type != scm_credentials && message.type != so_mark)
                return fail(errc::einval);
        } else if (socket.type() == net::socket_type::stream) {
            continue;
        } else if (message.level == sol_ip) {
            TRY(read_ip(info, message));
        } else if (message.level == sol_ipv6 && socket.family() == net::family::ipv6) {
            TRY(read_ipv6(info, message));
        } else if (message.level == sol_udp && message.type == udp_segment) {
            info.segment_size = TRY(message.as<u16>());
        } else if (message.level == sol_udp) {
            return fail(errc::einval);
        }
    }
    return {};
}

void write_control(net::socket& socket, control_writer& out, const net::message_info& info)
{
    if (info.received_at) {
        const s64 ns = info.received_at->count();
        const auto wants_ns = socket.get_option(net::option::timestamp_ns);
        if (wants_ns && *wants_ns)
            out.put(sol_socket, so_timestampns, timespec{ns / 1'000'000'000, ns % 1'000'000'000});
        else
            out.put(sol_socket, so_timestamp, timeval{ns / 1'000'000'000, ns % 1'000'000'000 / 1000});
    }
    if (socket.family() == net::family::ipv6)
        write_ipv6(out, info);
    else
        write_ip(out, info);
    if (info.segment_size)
        out.put(sol_udp, udp_gro, static_cast<s32>(info.segment_size));
}

void write_error(const net::socket& socket, control_writer& out, const net::queued_error& error)
{
    const sock_extended_err record{.error = static_cast<u32>(error.error),
                                   .origin = error.origin,
                                   .type = error.type,
                                   .code = error.code,
                                   .padding = 0,
                                   .info = error.info,
                                   .data = 0};
    const auto put = [&]<class Address>(s32 level, s32 type, const Address& offender) {
        struct {
            sock_extended_err record;
            Address offender;
        } both{record, offender};
        out.put(level, type, both);
    };
    const auto offender = address_of(error.offender, socket.family());
    if (socket.family() == net::family::ipv6)
        put(sol_ipv6, ipv6_recverr, offender.as<sockaddr_in6>());
    else
        put(sol_ip, ip_recverr, offender.as<sockaddr_in>());
}
} // namespace linux
