// See link.hh.
#include "net/link/link.hh"

#include "net/arp/arp.hh"
#include "net/header/view.hh"
#include "net/interface/interface.hh"
#include "net/ip4/ip4.hh"
#include "net/ip6/ip6.hh"
#include "net/link/offload.hh"

namespace net::link
{
namespace
{
using target = packet::link_target;

target target_of(const mac_address& to, const mac_address& ours)
{
    if (to == ours)
        return target::this_host;
    if (!(to[0] & 1))
        return target::other;
    return to == broadcast_mac ? target::broadcast : target::multicast;
}

void add_header(interface& out, packet& p, const mac_address& to, ether_type type)
{
    auto& h = prepend<ethernet_header>(p);
    h.destination = to;
    h.source = out.mac();
    h.type = static_cast<u16>(type);
    p.link_header = p.head().data();
}
} // namespace

void receive(interface& in, packet_queue frames)
{
    while (auto p = frames.pop()) {
        const auto* h = view<ethernet_header>(*p);
        if (!h)
            continue;
        p->target = target_of(h->destination, in.mac());
        if (p->target == target::other || !in.up())
            continue; // the card lets everything pass, we do not
        const auto type = static_cast<ether_type>(h->type.value());
        p->link_header = p->head().data();
        p->consume(sizeof *h);
        if (type == ether_type::ipv4)
            ip4::receive(in, std::move(p));
        else if (type == ether_type::ipv6)
            ip6::receive(in, std::move(p));
        else if (type == ether_type::arp)
            arp::receive(in, std::move(p));
    }
}

void send(interface& out, packet_ptr p, const mac_address& to, ether_type type)
{
    const auto& card = out.offers();
    packet_queue frames;
    if (p->segmentation != packet_segmentation::none && !can_segment(card, *p)) {
        auto segments = segment(std::move(p), card.transmit_checksum);
        while (auto s = segments.pop()) {
            add_header(out, *s, to, type);
            frames.push(std::move(s));
        }
    } else {
        if (p->checksum == packet_checksum::partial && !card.transmit_checksum)
            complete_checksum(*p);
        add_header(out, *p, to, type);
        frames.push(std::move(p));
    }
    if (!frames.empty() && out.up())
        out.device()->transmit(std::move(frames));
}
} // namespace net::link
