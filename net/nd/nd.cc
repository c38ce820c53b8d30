// See nd.hh.
#include "net/nd/nd.hh"

#include <algorithm>

#include "net/autoconfiguration/autoconfiguration.hh"
#include "net/header/ethernet.hh"
#include "net/header/nd.hh"
#include "net/interface/interface.hh"
#include "net/ip6/ip6.hh"
#include "net/neighbour/neighbours.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net::nd
{
namespace
{
constexpr u8 hop_limit = 255; // proves that no router was passed (§3.1)
constexpr u32 longest = 1500;

/// The link address that an option of the message tells, if there is one.
std::optional<mac_address> link_address(std::span<const std::byte> options, option_type wanted)
{
    std::optional<mac_address> found;
    for_each_option(options, [&](option_type type, std::span<const std::byte> option) {
        if (type == wanted)
            found = view<link_option>(option)->address;
    });
    return found;
}

void send_message(interface& out, u8 type, u32 flags, const ip_address& target, option_type option,
                  bool tell_link_address, const ip_address& source, const ip_address& destination,
                  const mac_address& to)
{
    auto made = packet::create(packet::header_room, sizeof(neighbour_message) + sizeof(link_option));
    if (!made)
        return;
    auto p = made.take();
    neighbour_message m{.target = target};
    m.icmp.type = type;
    m.icmp.set_parameter(flags);
    std::memcpy(p->append(sizeof m), &m, sizeof m);
    if (tell_link_address) {
        const link_option o{.type = static_cast<u8>(option), .address = out.mac()};
        std::memcpy(p->append(sizeof o), &o, sizeof o);
    }
    ip6::send_icmp_on_link(out, std::move(p), source, destination, to, hop_limit);
}

/// Answers one whose question did not tell his link address: it is looked up.
void answer_by_path(interface& in, const ip_address& target, const ip_address& destination)
{
    auto made = packet::create(packet::header_room, sizeof(neighbour_message) + sizeof(link_option));
    auto way = in.stack().routes().find(destination, target, &in);
    if (!made || !way)
        return;
    auto p = made.take();
    neighbour_message m{.target = target};
    m.icmp.type = icmp6::neighbour_advertisement;
    m.icmp.set_parameter(neighbour_message::override_entry | neighbour_message::solicited);
    std::memcpy(p->append(sizeof m), &m, sizeof m);
    const link_option o{.type = static_cast<u8>(option_type::target_link), .address = in.mac()};
    std::memcpy(p->append(sizeof o), &o, sizeof o);
    view<icmp_header>(*p)->checksum.complete(sum_packet(
        pseudo_header_sum(target, destination, protocol_number::icmpv6, p->length()), *p, 0, p->length()));
    (void)send_ip(std::move(p), **way, protocol_number::icmpv6, {.hop_limit = hop_limit});
}

void receive_solicitation(const packet& p, const ip_info& info)
{
    interface& in = *info.in;
    const auto* m = view<neighbour_message>(p.head());
    if (!m || m->target.is_multicast())
        return;
    const ip_address target = m->target;
    const auto options = p.head().subspan(sizeof *m);
    if (!for_each_option(options, [](option_type, auto) {}))
        return;
    const auto sender = link_address(options, option_type::source_link);
    const bool probing = info.source.is_any();
    if (probing && (sender || info.destination != ip6::solicited_node_group(target)))
        return;
    if (!in.has_address(target)) {
        if (probing && in.autoconfiguration())
            in.autoconfiguration()->address_in_use(target); // if we want it as well
        return;
    }
    if (sender)
        in.stack().neighbours().heard(in, info.source, {.mac = *sender, .worth_remembering = true});
    const mac_address to = probing || !sender ? multicast_mac(ip6::all_nodes) : *sender;
    const ip_address destination = probing ? ip6::all_nodes : info.source;
    if (!probing && !sender)
        return answer_by_path(in, target, destination);
    send_message(in, icmp6::neighbour_advertisement,
                 neighbour_message::override_entry | (probing ? 0 : neighbour_message::solicited), target,
                 option_type::target_link, true, target, destination, to);
}

void receive_advertisement(const packet& p, const ip_info& info)
{
    interface& in = *info.in;
    const auto* m = view<neighbour_message>(p.head());
    if (!m || m->target.is_multicast())
        return;
    const u32 flags = m->icmp.parameter();
    const auto options = p.head().subspan(sizeof *m);
    if (!for_each_option(options, [](option_type, auto) {}) ||
        (!info.is_unicast && (flags & neighbour_message::solicited)))
        return;
    if (in.autoconfiguration() && in.autoconfiguration()->address_in_use(m->target))
        return;
    if (const auto mac = link_address(options, option_type::target_link))
        in.stack().neighbours().heard(in, m->target,
                                      {.mac = *mac,
                                       .solicited = (flags & neighbour_message::solicited) != 0,
                                       .overrides = (flags & neighbour_message::override_entry) != 0});
}

void receive_router(const packet& p, const ip_info& info)
{
    interface& in = *info.in;
    const auto* m = view<router_advertisement>(p.head());
    if (!m || !info.source.is_link_local() || !in.autoconfiguration())
        return;
    const auto options = p.head().subspan(sizeof *m);
    if (!for_each_option(options, [](option_type, auto) {}))
        return;
    if (const auto mac = link_address(options, option_type::source_link))
        in.stack().neighbours().heard(in, info.source, {.mac = *mac, .worth_remembering = true});
    in.autoconfiguration()->router_advertised(info.source, *m, options);
}
} // namespace

void receive(packet_ptr p, const ip_info& info)
{
    // A message fits one Ethernet frame; who sends more of it wants something else.
    if (info.hop_limit != hop_limit || p->length() > longest || !p->make_linear(p->length()))
        return;
    const auto& h = *view<icmp_header>(*p);
    if (h.code != 0 || info.in->is_loopback())
        return;
    if (h.type == icmp6::neighbour_solicitation)
        receive_solicitation(*p, info);
    else if (h.type == icmp6::neighbour_advertisement)
        receive_advertisement(*p, info);
    else if (h.type == icmp6::router_advertisement)
        receive_router(*p, info);
}

void solicit(interface& out, const ip_address& target, const mac_address* to)
{
    const ip_address source = out.source_for(target);
    if (source.is_any())
        return;
    const ip_address group = ip6::solicited_node_group(target);
    send_message(out, icmp6::neighbour_solicitation, 0, target, option_type::source_link, true, source,
                 to ? target : group, to ? *to : multicast_mac(group));
}

void probe(interface& out, const ip_address& wanted)
{
    const ip_address group = ip6::solicited_node_group(wanted);
    send_message(out, icmp6::neighbour_solicitation, 0, wanted, option_type::source_link, false, {}, group,
                 multicast_mac(group));
}

void solicit_routers(interface& out)
{
    auto made = packet::create(packet::header_room, sizeof(router_solicitation) + sizeof(link_option));
    if (!made)
        return;
    auto p = made.take();
    const ip_address source = out.link_local();
    router_solicitation m;
    m.icmp.type = icmp6::router_solicitation;
    std::memcpy(p->append(sizeof m), &m, sizeof m);
    if (!source.is_any()) {
        const link_option o{.type = static_cast<u8>(option_type::source_link), .address = out.mac()};
        std::memcpy(p->append(sizeof o), &o, sizeof o);
    }
    ip6::send_icmp_on_link(out, std::move(p), source, ip6::all_routers, multicast_mac(ip6::all_routers),
                           hop_limit);
}
} // namespace net::nd
