// ARP (RFC 826): asks who has an IPv4 address, and answers for ours. What is learned goes to net/neighbour.
#pragma once

#include "core/device/network_device.hh"
#include "net/address.hh"

namespace net
{
class interface;
}

namespace net::arp
{
/// A packet that begins with its ARP header.
void receive(interface& in, packet_ptr p);

/// Asks everybody, or the one at `to`, whether `target` is still there.
void request(interface& out, const ip_address& target, const mac_address* to);

/// Asks with no sender whether somebody has an address that we want (RFC 5227 §2.1.1), or tells that we have
/// it now (§3).
void probe(interface& out, ipv4_address wanted);
void announce(interface& out, ipv4_address ours);
} // namespace net::arp
