// Receiving ICMP and answering echoes; see icmp.hh.
#include "net/icmp/icmp.hh"

#include <algorithm>

#include "net/interface/interface.hh"
#include "net/multicast/groups.hh"
#include "net/nd/nd.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
constexpr nanoseconds interval = milliseconds(1);
constexpr nanoseconds burst = 50 * interval;
} // namespace

bool icmp::may_send()
{
    lock_guard guard{_lock};
    const instant now = timekeeping::now();
    const instant since = std::max(_tokens_since, now - burst);
    if (since + interval > now)
        return false;
    _tokens_since = since + interval;
    return true;
}

void icmp::receive4(packet_ptr p, const ip_info& info)
{
    auto& counters = _stack.counters().icmp4;
    counters.received++;
    const auto* h = view<icmp_header>(*p);
    if (!h || (p->checksum != packet_checksum::valid && !sum_is_valid(sum_packet(0, *p, 0, p->length())))) {
        counters.errors++;
        counters.checksum_errors += h != nullptr;
        return;
    }
    switch (h->type) {
    case icmp4::echo_request:
        if (info.is_unicast)
            answer_echo(std::move(p), info, icmp4::echo_reply);
        break;
    case icmp4::echo_reply:
        counters.echo_replies++; // there are no sockets that ask
        break;
    case icmp4::unreachable:
    case icmp4::time_exceeded:
    case icmp4::parameter_problem:
        receive_error4(std::move(p), info);
        break;
    default:
        break; // unknown ones are dropped (RFC 1122 §3.2.2)
    }
}

void icmp::receive6(packet_ptr p, const ip_info& info)
{
    auto& counters = _stack.counters().icmp6;
    counters.received++;
    const auto* h = view<icmp_header>(*p);
    const u64 pseudo = pseudo_header_sum(info.source, info.destination, protocol_number::icmpv6, p->length());
    if (!h ||
        (p->checksum != packet_checksum::valid && !sum_is_valid(sum_packet(pseudo, *p, 0, p->length())))) {
        counters.errors++;
        counters.checksum_errors += h != nullptr;
        return;
    }
    switch (h->type) {
    case icmp6::echo_request:
        answer_echo(std::move(p), info, icmp6::echo_reply); // groups too (RFC 4443 §4.2)
        break;
    case icmp6::echo_reply:
        counters.echo_replies++; // there are no sockets that ask
        break;
    case icmp6::listener_query:
        _stack.groups().receive_query(*info.in, *p, info);
        break;
    case icmp6::router_solicitation:
    case icmp6::router_advertisement:
    case icmp6::neighbour_solicitation:
    case icmp6::neighbour_advertisement:
        nd::receive(std::move(p), info);
        break;
    default:
        if (h->type < icmp6::first_informational)
            receive_error6(std::move(p), info);
        break;
    }
}

void icmp::answer_echo(packet_ptr p, const ip_info& info, u8 type)
{
    const bool is_ipv4 = info.source.is_ipv4();
    auto& counters = is_ipv4 ? _stack.counters().icmp4 : _stack.counters().icmp6;
    counters.echo_requests++;
    const ip_address source = info.is_unicast ? info.destination : ip_address::any(info.source.family());
    auto way = _stack.routes().find(info.source, source, info.source.is_link_local() ? info.in : nullptr);
    if (!way)
        return;
    constexpr u32 headers = 14 + 40; // the request itself becomes the answer where there is room
    if (p->room() < headers) {
        auto copy = clone(*p);
        if (!copy)
            return;
        p = copy.take();
    }
    auto* h = view<icmp_header>(*p);
    h->type = type;
    h->checksum.clear();
    const u64 pseudo =
        is_ipv4 ? 0
                : pseudo_header_sum(way.value()->source(), info.source, protocol_number::icmpv6, p->length());
    h->checksum.complete(sum_packet(pseudo, *p, 0, p->length()));
    p->checksum = packet_checksum::valid;
    counters.sent++;
    counters.echo_answers++;
    (void)send_ip(std::move(p), **way, is_ipv4 ? protocol_number::icmp : protocol_number::icmpv6,
                  {.traffic_class = info.traffic_class});
}
} // namespace net
