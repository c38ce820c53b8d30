// Errors: those that we report and those that we are told; see icmp.hh.
#include <algorithm>

#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"
#include "net/udp/udp.hh"

namespace net
{
namespace
{
constexpr u32 longest_report4 = 576; // RFC 1812 §4.3.2.3
using kind = icmp_error::kind;

struct meaning {
    kind what;
    errc error;
};

/// What Linux tells a socket for each code of "destination unreachable" (icmp(7)).
meaning unreachable4(u8 code)
{
    constexpr meaning table[] = {
        {kind::unreachable_net, errc::enetunreach},
        {kind::unreachable_host, errc::ehostunreach},
        {kind::unreachable_protocol, errc::enoprotoopt},
        {kind::unreachable_port, errc::econnrefused},
        {kind::too_big, errc::emsgsize},
        {kind::unreachable_host, errc::eopnotsupp},
        {kind::unreachable_net, errc::enetunreach},
        {kind::unreachable_host, errc::ehostdown},
        {kind::unreachable_host, errc::enonet},
        {kind::prohibited, errc::enetunreach},
        {kind::prohibited, errc::ehostunreach},
        {kind::unreachable_net, errc::enetunreach},
        {kind::unreachable_host, errc::ehostunreach},
        {kind::prohibited, errc::ehostunreach},
        {kind::unreachable_host, errc::ehostunreach},
        {kind::unreachable_host, errc::ehostunreach},
    };
    return table[std::min<size_t>(code, std::size(table) - 1)];
}

meaning unreachable6(u8 code)
{
    constexpr meaning table[] = {
        {kind::unreachable_net, errc::enetunreach},
        {kind::prohibited, errc::eacces},
        {kind::unreachable_host, errc::ehostunreach},
        {kind::unreachable_host, errc::ehostunreach},
        {kind::unreachable_port, errc::econnrefused},
        {kind::prohibited, errc::eacces},
        {kind::prohibited, errc::eacces},
    };
    return table[std::min<size_t>(code, std::size(table) - 1)];
}

/// RFC 1191 §7: what a router's MTU may have been that does not tell it.
u32 plateau_below(u32 length)
{
    for (u32 mtu : {32000u, 17914u, 8166u, 4352u, 2002u, 1492u, 1006u, 576u})
        if (mtu < length)
            return mtu;
    return 576;
}

/// Whether a packet, beginning with its IP header, may be answered with an error (RFC 1122 §3.2.2, RFC 4443
/// §2.4 (e)): errors about errors would never end.
bool may_be_reported(std::span<const std::byte> bytes, bool is_ipv4)
{
    if (is_ipv4) {
        const auto* h = view<ipv4_header>(bytes);
        if (!h || h->fragment_offset() != 0)
            return false;
        if (h->protocol != static_cast<u8>(protocol_number::icmp))
            return true;
        const auto* quoted =
            view<icmp_header>(bytes.subspan(std::min<size_t>(h->header_length(), bytes.size())));
        return quoted && (quoted->type == icmp4::echo_request || quoted->type == icmp4::echo_reply);
    }
    const auto* h = view<ipv6_header>(bytes);
    if (!h || h->next_header != static_cast<u8>(protocol_number::icmpv6))
        return h;
    const auto* quoted = view<icmp_header>(bytes.subspan(sizeof *h));
    return quoted && quoted->type >= icmp6::first_informational;
}

icmp_header header_for(icmp::reason why, bool is_ipv4, u32 parameter)
{
    using reason = icmp::reason;
    icmp_header h;
    switch (why) {
    case reason::no_port:
        h.type = is_ipv4 ? u8{icmp4::unreachable} : u8{icmp6::unreachable};
        h.code = is_ipv4 ? u8{icmp4::port_unreachable} : u8{icmp6::port_unreachable};
        break;
    case reason::unknown_protocol:
        h.type = is_ipv4 ? u8{icmp4::unreachable} : u8{icmp6::parameter_problem};
        h.code = is_ipv4 ? u8{icmp4::protocol_unreachable} : u8{icmp6::unknown_next_header};
        break;
    case reason::unknown_option:
        h.type = icmp6::parameter_problem;
        h.code = icmp6::unknown_option;
        break;
    case reason::bad_field:
        h.type = icmp6::parameter_problem;
        h.code = icmp6::bad_field;
        break;
    case reason::reassembly_timeout:
        h.type = is_ipv4 ? u8{icmp4::time_exceeded} : u8{icmp6::time_exceeded};
        h.code = 1;
        break;
    }
    if (!is_ipv4)
        h.set_parameter(parameter);
    return h;
}
} // namespace

void icmp::report(packet_ptr offending, const ip_info& info, reason why, u32 parameter)
{
    const bool is_ipv4 = info.source.is_ipv4();
    auto& counters = is_ipv4 ? _stack.counters().icmp4 : _stack.counters().icmp6;
    const bool to_group_allowed = !is_ipv4 && why == reason::unknown_option;
    if (!offending->network_header || info.source.is_any() || info.source.is_multicast() ||
        ((!info.is_unicast || offending->target != packet::link_target::this_host) && !to_group_allowed))
        return;
    offending->prepend(static_cast<u32>(offending->head().data() - offending->network_header));
    if (!may_be_reported(offending->head(), is_ipv4))
        return;
    if (!info.in->is_loopback() && !may_send()) {
        counters.rate_limited++;
        return;
    }
    auto way = _stack.routes().find(info.source, info.is_unicast ? info.destination : ip_address(),
                                    info.source.is_link_local() ? info.in : nullptr);
    if (!way)
        return;
    const u32 longest = is_ipv4 ? longest_report4 - static_cast<u32>(sizeof(ipv4_header))
                                : ipv6_header::minimum_mtu - static_cast<u32>(sizeof(ipv6_header));
    const u32 quoted = std::min(offending->length(), longest - static_cast<u32>(sizeof(icmp_header)));
    auto made = packet::create(packet::header_room, quoted);
    if (!made)
        return;
    auto p = made.take();
    offending->copy_to(0, {p->append(quoted), quoted});
    auto& h = prepend<icmp_header>(*p);
    h = header_for(why, is_ipv4, parameter);
    const u64 pseudo =
        is_ipv4 ? 0
                : pseudo_header_sum(way.value()->source(), info.source, protocol_number::icmpv6, p->length());
    h.checksum.complete(sum_packet(pseudo, *p, 0, p->length()));
    counters.sent++;
    if (why == reason::reassembly_timeout)
        counters.time_exceeded_out++;
    else if (why == reason::no_port || is_ipv4)
        counters.unreachable_out++;
    (void)send_ip(std::move(p), **way, is_ipv4 ? protocol_number::icmp : protocol_number::icmpv6, {});
}

void icmp::receive_error4(packet_ptr p, const ip_info& info)
{
    const icmp_header h = *view<icmp_header>(*p);
    p->consume(sizeof h);
    const u32 all = std::min<u32>(p->length(), longest_report4);
    if (!p->make_linear(all))
        return;
    const auto bytes = std::span<const std::byte>(p->head());
    const auto* quoted = view<ipv4_header>(bytes);
    if (!quoted || quoted->header_length() < sizeof *quoted || quoted->header_length() > bytes.size() ||
        !_stack.interfaces().is_local(quoted->source_address()) || quoted->fragment_offset() != 0)
        return;
    icmp_error e{.what = kind::time_exceeded,
                 .reporter = info.source,
                 .source = quoted->source_address(),
                 .destination = quoted->destination_address(),
                 .type = h.type,
                 .code = h.code,
                 .error = errc::ehostunreach};
    if (h.type == icmp4::time_exceeded) {
        _stack.counters().icmp4.time_exceeded_in++;
    } else if (h.type == icmp4::parameter_problem) {
        _stack.counters().icmp4.parameter_problems_in++;
        e.what = kind::parameter_problem;
        e.error = errc::eproto;
    } else if (h.type == icmp4::unreachable) {
        if (h.code > icmp4::last_code)
            return;
        _stack.counters().icmp4.unreachable_in++;
        const meaning m = unreachable4(h.code);
        e.what = m.what;
        e.error = m.error;
        if (m.what == kind::too_big) {
            e.mtu = h.sequence ? h.sequence.value() : plateau_below(quoted->total_length);
            _stack.routes().limit_mtu(e.destination, e.mtu);
        }
    }
    tell(e, quoted->protocol, bytes.subspan(quoted->header_length()));
}

void icmp::receive_error6(packet_ptr p, const ip_info& info)
{
    const icmp_header h = *view<icmp_header>(*p);
    p->consume(sizeof h);
    if (!p->make_linear(std::min<u32>(p->length(), ipv6_header::minimum_mtu)))
        return;
    auto bytes = std::span<const std::byte>(p->head());
    const auto* quoted = view<ipv6_header>(bytes);
    if (!quoted || !_stack.interfaces().is_local(quoted->source))
        return;
    icmp_error e{.what = kind::time_exceeded,
                 .reporter = info.source,
                 .source = quoted->source,
                 .destination = quoted->destination,
                 .type = h.type,
                 .code = h.code,
                 .error = errc::ehostunreach};
    if (h.type == icmp6::unreachable) {
        _stack.counters().icmp6.unreachable_in++;
        const meaning m = unreachable6(h.code);
        e.what = m.what;
        e.error = m.error;
    } else if (h.type == icmp6::too_big) {
        e.what = kind::too_big;
        e.error = errc::emsgsize;
        e.mtu = h.parameter();
        _stack.routes().limit_mtu(e.destination, e.mtu);
    } else if (h.type == icmp6::parameter_problem) {
        _stack.counters().icmp6.parameter_problems_in++;
        e.what = kind::parameter_problem;
        e.error = errc::eproto;
    } else if (h.type == icmp6::time_exceeded) {
        _stack.counters().icmp6.time_exceeded_in++;
    } else {
        return;
    }
    u8 next = quoted->next_header;
    bytes = bytes.subspan(sizeof *quoted);
    for (unsigned i = 0; i < 8; i++) {
        if (next == ipv6_extension::fragment) {
            const auto* f = view<ipv6_extension::fragment_header>(bytes);
            if (!f || f->offset() != 0)
                return;
            next = f->next_header;
            bytes = bytes.subspan(sizeof *f);
        } else if (next == ipv6_extension::hop_by_hop || next == ipv6_extension::destination ||
                   next == ipv6_extension::routing) {
            const auto* x = view<ipv6_extension::head>(bytes);
            if (!x || x->bytes() > bytes.size())
                return;
            next = x->next_header;
            bytes = bytes.subspan(x->bytes());
        } else {
            break;
        }
    }
    tell(e, next, bytes);
}

void icmp::undeliverable(packet_ptr p)
{
    icmp_error e{.what = kind::unreachable_host, .error = errc::ehostunreach};
    u8 protocol = 0;
    if (static_cast<u8>(p->head()[0]) >> 4 == 4) {
        const auto* h = view<ipv4_header>(*p);
        e.source = h->source_address();
        e.destination = h->destination_address();
        e.type = icmp4::unreachable;
        e.code = icmp4::host_unreachable;
        protocol = h->protocol;
    } else {
        const auto* h = view<ipv6_header>(*p);
        e.source = h->source;
        e.destination = h->destination;
        e.type = icmp6::unreachable;
        e.code = icmp6::address_unreachable;
        protocol = h->next_header;
    }
    e.reporter = e.source;
    if (p->transport_header)
        tell(e, protocol, p->head().subspan(static_cast<size_t>(p->transport_header - p->head().data())));
}

void icmp::tell(const icmp_error& e, u8 protocol, std::span<const std::byte> transport)
{
    switch (static_cast<protocol_number>(protocol)) {
    case protocol_number::tcp:
        return _stack.tcp().error(e, transport);
    case protocol_number::udp:
        return _stack.udp().error(e, transport);
    default:
        return;
    }
}
} // namespace net
