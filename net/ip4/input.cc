// IPv4 packets that came in; see ip4.hh.
#include "net/header/ipv4.hh"
#include "net/interface/interface.hh"
#include "net/ip/reassembly.hh"
#include "net/ip4/ip4.hh"
#include "net/multicast/groups.hh"
#include "net/stack.hh"

namespace net::ip4
{
namespace
{
/// Whether nobody may send from this address (RFC 1122 §3.2.1.3): it names many, or us although the packet
/// came from a card. 0.0.0.0 is for those who have none yet.
bool impossible_source(const interface& in, const packet& p, ipv4_address source)
{
    return (p.link_header && in.has_address(ip_address(source))) || source.is_multicast() ||
           source.is_broadcast() || (source.is_loopback() && !in.is_loopback());
}

enum class destination { ours, to_many, others };

destination classify(const interface& in, ipv4_address to)
{
    stack& s = in.stack();
    if (in.has_address(ip_address(to)))
        return destination::ours;
    if (to.is_multicast())
        return s.groups().is_member(in, ip_address(to)) ? destination::to_many : destination::others;
    if (to.is_broadcast())
        return destination::to_many;
    if (to.is_loopback())
        return in.is_loopback() ? destination::ours : destination::others;
    if (s.interfaces().by_address(ip_address(to)))
        return destination::ours;
    return in.addresses().is_broadcast(to) ? destination::to_many : destination::others;
}
} // namespace

void receive(interface& in, packet_ptr p)
{
    auto& counters = in.stack().counters().ip4;
    counters.received++;
    const ipv4_header* h = ipv4_header::find(*p);
    if (!h || impossible_source(in, *p, {h->source})) {
        counters.header_errors++;
        return;
    }
    const ipv4_address to{h->destination};
    auto kind = classify(in, to);
    // Before there is an address, an answer of a DHCP server may be sent to the one that is offered.
    if (kind == destination::others && !to.is_multicast() && in.awaits_address() &&
        p->target == packet::link_target::this_host)
        kind = destination::ours;
    if (kind == destination::others ||
        (kind == destination::ours && p->target != packet::link_target::this_host &&
         h->protocol == static_cast<u8>(protocol_number::tcp))) {
        counters.address_errors++;
        return;
    }
    p->network_header = p->head().data();
    p->truncate(h->total_length); // Ethernet pads
    if (h->is_fragment()) {
        const reassembly::fragment f{.id = h->identification,
                                     .protocol = h->protocol,
                                     .offset = h->fragment_offset(),
                                     .header = h->header_length(),
                                     .more = (h->fragment & ipv4_header::more_fragments) != 0};
        p = in.stack().reassembly().add(in, h->source_address(), h->destination_address(), f, std::move(p));
        if (!p)
            return;
        h = view<ipv4_header>(*p);
    }
    const ip_info info{.source = h->source_address(),
                       .destination = h->destination_address(),
                       .traffic_class = h->traffic_class,
                       .hop_limit = h->hop_limit,
                       .protocol = static_cast<protocol_number>(h->protocol),
                       .is_unicast = kind == destination::ours,
                       .in = &in};
    p->consume(h->header_length());
    p->transport_header = p->head().data();
    counters.delivered++;
    deliver(std::move(p), info);
}
} // namespace net::ip4
