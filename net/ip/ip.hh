// Sending and receiving IP packets, both families: the floor under TCP, UDP and ICMP.
#pragma once

#include "core/device/packet.hh"
#include "net/ip/path.hh"

namespace net
{
/// What a sender may choose.
struct ip_options {
    u8 traffic_class = 0; // TOS with the ECN bits
    u8 hop_limit = 64;
    bool may_fragment = true;    // false: emsgsize where the packet is larger than the path's MTU
    bool dont_fragment = true;   // DF on what fits, so that routers tell their MTU
    bool multicast_loop = false; // a packet to a group or to all comes back to ourselves as well
    bool router_alert = false;   // IGMP (RFC 2113)
};

/// What a received packet's IP header said. The packet's head begins at the transport header.
struct ip_info {
    ip_address source{};
    ip_address destination{};
    u8 traffic_class = 0;
    u8 hop_limit = 0;
    protocol_number protocol{};
    bool is_unicast = true; // not to a group or to all
    interface* in = nullptr;
};

/// Prepends the IP header (and extension headers) to a packet that begins with its transport header,
/// fragments it if need be, and sends it or lets it wait for the neighbour's address. A packet that is to be
/// cut (packet::segmentation) may be larger than the MTU; net/link does that, and completes checksums, where
/// the device cannot. Any context. Errors: emsgsize, enobufs; the packet is gone in any case.
result<void> send_ip(packet_ptr p, const path& to, protocol_number protocol, const ip_options& options);

/// Sends a complete IP packet along a path: to ourselves, the neighbour, or a group. Any context.
void send_on_link(packet_ptr p, const path& to);

/// Hands a packet, its head at the transport header, to its protocol; an unknown one is reported.
void deliver(packet_ptr p, const ip_info& info);

/// Another packet of the same bytes, with room for headers; buffers are shared. Errors: enomem, emsgsize.
result<packet_ptr> clone(const packet& p);

/// The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1), in the terms of net/header/checksum.hh.
/// `length`: transport header and payload.
inline u64 pseudo_header_sum(const ip_address& source, const ip_address& destination,
                             protocol_number protocol, u32 length)
{
    // Both families' pseudo headers are the addresses, the protocol and the length; IPv4's addresses are the
    // last four bytes, and the ::ffff before two of them are a sum of 0 twice over.
    const auto words = [](u64 half) { return (half & 0xffff'ffff) + (half >> 32); };
    const u64 rest = u64{__builtin_bswap16(static_cast<u16>(protocol))} + __builtin_bswap32(length);
    if (destination.is_ipv4())
        return rest + (source.low() >> 32) + (destination.low() >> 32);
    return rest + words(source.high()) + words(source.low()) + words(destination.high()) +
           words(destination.low());
}

/// What went wrong with a packet that we sent, as an ICMP message tells it.
struct icmp_error {
    enum class kind : u8 {
        unreachable_net,
        unreachable_host,
        unreachable_protocol,
        unreachable_port,
        prohibited,
        too_big,
        time_exceeded,
        parameter_problem
    } what;
    u32 mtu = 0;           // of too_big
    ip_address reporter{}; // the router or host that sent it
    ip_address source{};   // of our packet
    ip_address destination{};
    u8 type = 0; // as on the wire, for IP_RECVERR
    u8 code = 0;
    errc error{}; // as Linux reports it to the socket (ip(7), icmp_err_convert)
};
} // namespace net
