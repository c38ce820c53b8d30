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
    bool may_fragment = true;      // false: emsgsize where the packet is larger than the path's MTU, DF set
    bool may_segment_later = true; // the device or software cuts packet_segmentation
};

/// What a received packet's IP header said. The packet's head begins at the transport header.
struct ip_info {
    ip_address source;
    ip_address destination;
    u8 traffic_class = 0;
    u8 hop_limit = 0;
    protocol_number protocol{};
    interface* in = nullptr;
};

/// Prepends the IP header (and extension headers) to a packet that begins with its transport header,
/// completes checksums that the device cannot, fragments if need be, and sends it or lets it wait for the
/// neighbour's address. Any context. Errors: emsgsize, enobufs; the packet is gone in any case.
result<void> send_ip(packet_ptr p, const path& to, protocol_number protocol, const ip_options& options);

/// The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1), not folded, not complemented. `length`:
/// transport header and payload.
u32 pseudo_header_sum(const ip_address& source, const ip_address& destination, protocol_number protocol,
                      u32 length);

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
    u32 mtu = 0;         // of too_big
    ip_address reporter; // the router or host that sent it
    ip_address source;   // of our packet
    ip_address destination;
    u8 type = 0; // as on the wire, for IP_RECVERR
    u8 code = 0;
    errc error{}; // as Linux reports it to the socket (ip(7), icmp_err_convert)
};
} // namespace net
