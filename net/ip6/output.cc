// IPv6 packets that go out; see ip6.hh.
#include <algorithm>

#include "core/random.hh"
#include "net/header/icmp.hh"
#include "net/header/ipv6.hh"
#include "net/interface/interface.hh"
#include "net/ip6/ip6.hh"
#include "net/link/link.hh"
#include "net/link/loopback.hh"
#include "net/link/offload.hh"
#include "net/stack.hh"

namespace net::ip6
{
namespace
{
void add_header(packet& p, const ip_address& source, const ip_address& destination, u8 next, u8 traffic_class,
                u8 hop_limit)
{
    const u32 payload = p.length();
    auto& h = prepend<ipv6_header>(p);
    h.set_traffic_class(traffic_class);
    h.payload_length = static_cast<u16>(payload);
    h.next_header = next;
    h.hop_limit = hop_limit;
    h.source = source;
    h.destination = destination;
    p.network_header = p.head().data();
}

result<void> send_fragments(packet_ptr whole, const path& to, protocol_number protocol, const ip_options& o)
{
    using ipv6_extension::fragment_header;
    auto& counters = to.stack().counters().ip6;
    if (whole->checksum == packet_checksum::partial)
        link::complete_checksum(*whole);
    const u32 room =
        align_down(to.mtu() - static_cast<u32>(sizeof(ipv6_header) + sizeof(fragment_header)), 8);
    const u32 id = static_cast<u32>(random_u64()); // not to be guessed (RFC 7739)
    for (u32 offset = 0; offset < whole->length(); offset += room) {
        const u32 length = std::min(room, whole->length() - offset);
        const bool last = offset + length == whole->length();
        auto p = TRY(packet::create(packet::header_room, whole->slices().empty() ? length : 0));
        TRY(p->append_part(*whole, offset, length));
        p->charge(*whole);
        auto& f = prepend<fragment_header>(*p);
        f.next_header = static_cast<u8>(protocol);
        f.offset_and_more = static_cast<u16>(offset | (last ? 0 : 1));
        f.identification = id;
        add_header(*p, to.source(), to.destination(), ipv6_extension::fragment, o.traffic_class, o.hop_limit);
        counters.fragments_made++;
        send_on_link(std::move(p), to);
    }
    counters.fragmented++;
    return {};
}
} // namespace

result<void> send(packet_ptr p, const path& to, protocol_number protocol, const ip_options& o)
{
    auto& counters = to.stack().counters().ip6;
    counters.sent++;
    const bool fits =
        p->length() + sizeof(ipv6_header) <= to.mtu() || p->segmentation != packet_segmentation::none;
    if (p->length() > 0xffff || (!fits && !o.may_fragment)) {
        counters.fragmentation_failed++;
        return fail(errc::emsgsize);
    }
    if (!fits)
        return send_fragments(std::move(p), to, protocol, o);
    add_header(*p, to.source(), to.destination(), static_cast<u8>(protocol), o.traffic_class, o.hop_limit);
    if (o.multicast_loop && !to.out().is_loopback())
        if (auto copy = clone(*p))
            to.stack().interfaces().loopback().loopback().send(copy.take(), to.out());
    send_on_link(std::move(p), to);
    return {};
}

void send_icmp_on_link(interface& out, packet_ptr p, const ip_address& source, const ip_address& destination,
                       const std::array<u8, 6>& to, u8 hop_limit, bool router_alert)
{
    auto& icmp = *reinterpret_cast<icmp_header*>(p->head().data());
    icmp.checksum.clear();
    icmp.checksum.complete(sum_packet(
        pseudo_header_sum(source, destination, protocol_number::icmpv6, p->length()), *p, 0, p->length()));
    u8 next = static_cast<u8>(protocol_number::icmpv6);
    if (router_alert) { // RFC 2711, and two bytes of padding
        constexpr u8 option[] = {static_cast<u8>(protocol_number::icmpv6), 0, 5, 2, 0, 0, 1, 0};
        std::memcpy(p->prepend(sizeof option), option, sizeof option);
        next = ipv6_extension::hop_by_hop;
    }
    add_header(*p, source, destination, next, 0, hop_limit);
    out.stack().counters().ip6.sent++;
    link::send(out, std::move(p), to, ether_type::ipv6);
}
} // namespace net::ip6
