// See udp.hh.
#include "net/udp/udp.hh"

#include "net/header/udp.hh"
#include "net/header/view.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
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
