// IPv4 packets that go out; see ip4.hh.
#include <algorithm>

#include "net/header/ipv4.hh"
#include "net/interface/interface.hh"
#include "net/ip4/ip4.hh"
#include "net/link/loopback.hh"
#include "net/link/offload.hh"
#include "net/stack.hh"

namespace net::ip4
{
namespace
{
constexpr u32 router_alert = 0x9404'0000; // RFC 2113 §2.1

void add_header(packet& p, const path& to, protocol_number protocol, const ip_options& o, u16 id,
                u16 fragment)
{
    u32 header = sizeof(ipv4_header);
    if (o.router_alert) {
        const be32 option = router_alert;
        std::memcpy(p.prepend(sizeof option), &option, sizeof option);
        header += static_cast<u32>(sizeof option);
    }
    auto& h = prepend<ipv4_header>(p);
    h.version_and_length = static_cast<u8>(0x40 | header / 4);
    h.traffic_class = o.traffic_class;
    h.total_length = static_cast<u16>(p.length());
    h.identification = id;
    h.fragment = fragment;
    h.hop_limit = o.hop_limit;
    h.protocol = static_cast<u8>(protocol);
    h.source = to.source().as_ipv4().value;
    h.destination = to.destination().as_ipv4().value;
    h.checksum.complete(h.sum());
    p.network_header = p.head().data();
}

result<void> send_fragments(packet_ptr whole, const path& to, protocol_number protocol, const ip_options& o)
{
    auto& counters = to.stack().counters().ip4;
    if (whole->checksum == packet_checksum::partial)
        link::complete_checksum(*whole);
    const u32 header = sizeof(ipv4_header) + (o.router_alert ? 4 : 0);
    const u32 room = align_down(to.mtu() - header, 8);
    const u16 id = to.next_identification();
    for (u32 offset = 0; offset < whole->length(); offset += room) {
        const u32 length = std::min(room, whole->length() - offset);
        const bool last = offset + length == whole->length();
        auto p = TRY(packet::create(packet::header_room, whole->slices().empty() ? length : 0));
        TRY(p->append_part(*whole, offset, length));
        p->charge(*whole);
        const auto place = static_cast<u16>(offset / 8);
        add_header(*p, to, protocol, o, id,
                   last ? place : static_cast<u16>(place | ipv4_header::more_fragments));
        counters.fragments_made++;
        send_on_link(std::move(p), to);
    }
    counters.fragmented++;
    return {};
}

/// A copy for ourselves of what goes to many.
void loop_back(const packet& p, const path& to)
{
    if (auto copy = clone(p)) {
        interface& lo = to.stack().interfaces().loopback();
        lo.loopback().send(copy.take(), to.out());
    }
}
} // namespace

result<void> send(packet_ptr p, const path& to, protocol_number protocol, const ip_options& o)
{
    auto& counters = to.stack().counters().ip4;
    counters.sent++;
    const u32 length = p->length() + static_cast<u32>(sizeof(ipv4_header)) + (o.router_alert ? 4 : 0);
    const bool fits = length <= to.mtu() || p->segmentation != packet_segmentation::none;
    if (length > 0xffff || (!fits && !o.may_fragment)) {
        counters.fragmentation_failed++;
        return fail(errc::emsgsize);
    }
    if (!fits)
        return send_fragments(std::move(p), to, protocol, o);
    // A packet that cannot be fragmented needs no number (RFC 6864 §4.1).
    const u16 id = o.dont_fragment ? u16{0} : to.next_identification();
    add_header(*p, to, protocol, o, id, o.dont_fragment ? ipv4_header::dont_fragment : u16{0});
    if (o.multicast_loop && !to.out().is_loopback())
        loop_back(*p, to);
    send_on_link(std::move(p), to);
    return {};
}
} // namespace net::ip4
