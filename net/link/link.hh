// Ethernet: what lies between IP and a card.
#pragma once

#include "core/device/network_device.hh"
#include "net/header/ethernet.hh"

namespace net
{
class interface;
}

namespace net::link
{
/// Frames that a card received, each to its protocol.
void receive(interface& in, packet_queue frames);

/// Sends a packet of the given type to a link address; cuts it and completes its checksum where the card
/// cannot. Any context.
void send(interface& out, packet_ptr p, const mac_address& to, ether_type type);
} // namespace net::link
