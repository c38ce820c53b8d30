// See arp.hh.
#include "net/arp/arp.hh"

#include "net/header/arp.hh"
#include "net/header/view.hh"
#include "net/interface/interface.hh"
#include "net/link/link.hh"
#include "net/neighbour/neighbours.hh"
#include "net/stack.hh"

namespace net::arp
{
namespace
{
void send(interface& out, u16 operation, ipv4_address sender, ipv4_address target,
          const mac_address& target_mac, const mac_address& to)
{
    auto made = packet::create(packet::header_room, 0);
    if (!made)
        return;
    auto p = made.take();
    auto& h = prepend<arp_header>(*p);
    h.operation = operation;
    h.sender_mac = out.mac();
    h.sender = sender.value;
    h.target_mac = target_mac;
    h.target = target.value;
    link::send(out, std::move(p), to, ether_type::arp);
}
} // namespace

void receive(interface& in, packet_ptr p)
{
    const auto* h = view<arp_header>(*p);
    if (!h || !h->well_formed())
        return;
    const ipv4_address sender{h->sender}, target{h->target};
    const bool for_us = in.stack().interfaces().by_address(ip_address(target));
    if (!sender.is_any() && !sender.is_multicast() && !in.has_address(ip_address(sender)))
        in.stack().neighbours().heard(in, ip_address(sender),
                                      {.mac = h->sender_mac,
                                       .solicited = h->operation == arp_header::reply && for_us,
                                       .worth_remembering = for_us && h->operation == arp_header::request});
    if (h->operation == arp_header::request && for_us)
        send(in, arp_header::reply, target, sender, h->sender_mac, h->sender_mac);
}

void request(interface& out, const ip_address& target, const mac_address* to)
{
    const ip_address source = out.source_for(target);
    send(out, arp_header::request, source.is_any() ? ipv4_address{} : source.as_ipv4(), target.as_ipv4(), {},
         to ? *to : broadcast_mac);
}

void probe(interface& out, ipv4_address wanted)
{
    send(out, arp_header::request, {}, wanted, {}, broadcast_mac);
}

void announce(interface& out, ipv4_address ours)
{
    send(out, arp_header::request, ours, ours, {}, broadcast_mac);
}
} // namespace net::arp
