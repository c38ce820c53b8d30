// What both families share of sending and delivering; see ip.hh.
#include "net/header/checksum.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/ip/ip.hh"
#include "net/ip4/ip4.hh"
#include "net/ip6/ip6.hh"
#include "net/link/link.hh"
#include "net/link/loopback.hh"
#include "net/multicast/groups.hh"
#include "net/neighbour/neighbours.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"
#include "net/udp/udp.hh"

namespace net
{
result<void> send_ip(packet_ptr p, const path& to, protocol_number protocol, const ip_options& options)
{
    p->transport_header = p->head().data();
    return to.destination().is_ipv4() ? ip4::send(std::move(p), to, protocol, options)
                                      : ip6::send(std::move(p), to, protocol, options);
}

void send_on_link(packet_ptr p, const path& to)
{
    interface& out = to.out();
    if (out.is_loopback()) {
        // A packet to an address of a card's comes in through lo, as on Linux.
        out.loopback().send(std::move(p), out);
    } else if (neighbour* n = to.next_hop()) {
        n->send(std::move(p));
    } else {
        const ip_address& group = to.destination();
        const auto type = group.is_ipv4() ? ether_type::ipv4 : ether_type::ipv6;
        link::send(out, std::move(p), group.is_multicast() ? multicast_mac(group) : broadcast_mac, type);
    }
}

void deliver(packet_ptr p, const ip_info& info)
{
    stack& s = info.in->stack();
    switch (info.protocol) {
    case protocol_number::tcp:
        if (info.is_unicast)
            s.tcp().receive(std::move(p), info);
        return;
    case protocol_number::udp:
        s.udp().receive(std::move(p), info);
        return;
    case protocol_number::icmp:
        if (info.destination.is_ipv4())
            return s.icmp().receive4(std::move(p), info);
        break;
    case protocol_number::icmpv6:
        if (!info.destination.is_ipv4())
            return s.icmp().receive6(std::move(p), info);
        break;
    case protocol_number::igmp:
        s.groups().receive_query(*info.in, *p, info);
        return;
    }
    (info.destination.is_ipv4() ? s.counters().ip4 : s.counters().ip6).unknown_protocol++;
    s.icmp().report(std::move(p), info, icmp::reason::unknown_protocol);
}

result<packet_ptr> clone(const packet& p)
{
    const auto head = static_cast<u32>(p.head().size());
    auto copy = TRY(packet::create(packet::header_room, head));
    TRY(copy->append_part(p, 0, p.length()));
    copy->network_header =
        p.network_header ? copy->head().data() + (p.network_header - p.head().data()) : nullptr;
    copy->transport_header =
        p.transport_header ? copy->head().data() + (p.transport_header - p.head().data()) : nullptr;
    copy->checksum = p.checksum;
    copy->checksum_offset = p.checksum_offset;
    copy->segmentation = p.segmentation;
    copy->segment_size = p.segment_size;
    copy->target = p.target;
    copy->received_at = p.received_at;
    return copy;
}
} // namespace net
