// Neighbour discovery (RFC 4861): the messages. What is learned goes to net/neighbour and
// net/autoconfiguration.
#pragma once

#include "core/device/network_device.hh"
#include "net/ip/ip.hh"

namespace net::nd
{
/// A packet that begins with its ICMPv6 header, which is one of neighbour discovery's.
void receive(packet_ptr p, const ip_info& info);

/// Asks the group of `target`, or the one at `to`, for its link address.
void solicit(interface& out, const ip_address& target, const mac_address* to);

/// Asks whether somebody has an address that we want (RFC 4862 §5.4.2).
void probe(interface& out, const ip_address& wanted);

void solicit_routers(interface& out);
} // namespace net::nd
