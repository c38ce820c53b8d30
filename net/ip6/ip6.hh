// IPv6 (RFC 8200): checks and delivers what comes, extension headers included; builds and fragments what
// goes.
#pragma once

#include "net/ip/ip.hh"

namespace net::ip6
{
/// A packet that begins with its IP header; deferred work.
void receive(interface& in, packet_ptr p);

/// send_ip() of this family.
result<void> send(packet_ptr p, const path& to, protocol_number protocol, const ip_options& options);

/// Puts an IPv6 header before a packet and sends it on a link without asking for a path: neighbour discovery,
/// where there may be no address yet. The checksum of ICMPv6 is completed.
void send_icmp_on_link(interface& out, packet_ptr p, const ip_address& source, const ip_address& destination,
                       const std::array<u8, 6>& to, u8 hop_limit, bool router_alert = false);

/// The group that an address's solicitations go to (RFC 4291 §2.7.1).
constexpr ip_address solicited_node_group(const ip_address& a)
{
    const auto& b = a.bytes();
    return ip_address({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, b[13], b[14], b[15]});
}
inline constexpr ip_address all_nodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr ip_address all_routers{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
} // namespace net::ip6
