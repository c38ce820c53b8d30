// What a card may do for us, in software: completing checksums and cutting TCP segments.
#pragma once

#include "core/device/network_device.hh"

namespace net::link
{
/// Completes packet_checksum::partial; transport_header is set.
void complete_checksum(packet& p);

bool can_segment(const network_device::capabilities& card, const packet& p);

/// Cuts a packet, its head at the IP header, into IP packets of segment_size payload bytes; payload is
/// shared. Their checksums are left partial if the card completes them. Without memory the rest is missing.
packet_queue segment(packet_ptr p, bool leave_checksums);
} // namespace net::link
