// See udp.hh.
#include "net/udp/udp.hh"

#include "net/header/udp.hh"
#include "net/header/view.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/link/loopback.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/udp/socket.hh"

namespace net
{
namespace
{
/// The header, if length and checksum are right; what IP carried behind the datagram is cut off.
const udp_header* check(packet& p, const ip_info& info, counters& c)
{
    const auto* h = view<udp_header>(p);
    if (!h || h->length < sizeof *h || h->length > p.length()) {
        c.udp.errors++;
        return nullptr;
    }
    p.truncate(h->length);
    if (p.checksum == packet_checksum::valid)
        return h;
    if (h->checksum.is_zero() && info.source.is_ipv4()) // RFC 768: not computed; RFC 8200 §8.1 forbids it
        return h;
    const u64 sum = pseudo_header_sum(info.source, info.destination, protocol_number::udp, p.length());
    if (!h->checksum.is_zero() && sum_is_valid(sum_packet(sum, p, 0, p.length())))
        return h;
    c.udp.errors++;
    c.udp.checksum_errors++;
    return nullptr;
}

/// Whether a payload can go to a socket of ours as it is.
bool loops_whole(const packet& p, const path& way)
{
    constexpr u32 longest_headers = 40 + u32{sizeof(udp_header)};
    const ip_address& to = way.destination();
    return way.out().is_loopback() && !to.is_multicast() && !(to.is_ipv4() && to.as_ipv4().is_broadcast()) &&
           p.length() + longest_headers <= way.out().mtu();
}
} // namespace

void udp::receive(packet_ptr p, const ip_info& info)
{
    counters& c = _stack.counters();
    const auto* h = check(*p, info, c);
    if (!h)
        return;
    const u16 source_port = h->source, destination_port = h->destination;
    if (!info.is_unicast)
        return receive_for_many(std::move(p), info, source_port, destination_port);
    const auto to = _ports.find(info, source_port, destination_port);
    if (!to) {
        c.udp.no_port++;
        _stack.icmp().report(std::move(p), info, icmp::reason::no_port);
        return;
    }
    p->consume(sizeof(udp_header));
    to->take_datagram(std::move(p), info, source_port);
}

result<void> udp::send(packet_ptr p, const path& way, u16 source_port, u16 destination_port,
                       const ip_options& options)
{
    _stack.counters().udp.sent++;
    if (loops_whole(*p, way) && give_to_socket(p, way, source_port, destination_port, options)) [[likely]]
        return {};
    loopback::direct_delivery delivery;
    delivery.begin(way.out());
    return send_packet(std::move(p), way, source_port, destination_port, options);
}

/// Takes the payload to a socket of ours at once. False: there is none; then `p` goes the long way, so that
/// the sender hears of it from what ICMP quotes.
bool udp::give_to_socket(packet_ptr& p, const path& way, u16 source_port, u16 destination_port,
                         const ip_options& options)
{
    const ip_info info{.source = way.source(),
                       .destination = way.destination(),
                       .traffic_class = options.traffic_class,
                       .hop_limit = options.hop_limit,
                       .protocol = protocol_number::udp,
                       .in = &way.out()};
    const auto to = _ports.find(info, source_port, destination_port);
    if (!to)
        return false;
    auto& count = info.destination.is_ipv4() ? _stack.counters().ip4 : _stack.counters().ip6;
    count.sent++;
    count.received++;
    count.delivered++;
    to->take_datagram(std::move(p), info, source_port);
    return true;
}

result<void> udp::send_packet(packet_ptr p, const path& way, u16 source_port, u16 destination_port,
                              const ip_options& options)
{
    const u32 bytes = p->length() + static_cast<u32>(sizeof(udp_header));
    auto& h = prepend<udp_header>(*p);
    h.source = source_port;
    h.destination = destination_port;
    h.length = static_cast<u16>(bytes);
    h.checksum.begin(pseudo_header_sum(way.source(), way.destination(), protocol_number::udp, bytes));
    p->checksum = packet_checksum::partial;
    p->checksum_offset = offsetof(udp_header, checksum);
    return send_ip(std::move(p), way, protocol_number::udp, options);
}

void udp::receive_for_many(packet_ptr p, const ip_info& info, u16 source_port, u16 destination_port)
{
    p->consume(sizeof(udp_header));
    std::array<ref_ptr<udp_socket>, 8> found;
    size_t done = 0;
    for (;;) {
        const size_t count = _ports.find_all(info, destination_port, done, found);
        for (size_t i = 0; i < count; i++) {
            if (found[i]->wants_group(info))
                if (auto copy = clone(*p))
                    found[i]->take_datagram(copy.take(), info, source_port);
            found[i] = {};
        }
        done += count;
        if (count < found.size())
            return;
    }
}

void udp::error(const icmp_error& e, std::span<const std::byte> transport)
{
    const auto* h = view<udp_header>(transport);
    if (!h)
        return;
    // Whom would an answer reach?
    const ip_info reversed{
        .source = e.destination, .destination = e.source, .in = &_stack.interfaces().loopback()};
    if (const auto s = _ports.find(reversed, h->destination, h->source))
        s->take_error(e, {e.destination, h->destination}, transport.subspan(sizeof *h));
}

result<ref_ptr<socket>> udp::make_socket(family f)
{
    return make_ref<udp_socket>(*this, f);
}
} // namespace net
