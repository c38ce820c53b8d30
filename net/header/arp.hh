// ARP for IPv4 over Ethernet (RFC 826).
#pragma once

#include "core/device/network_device.hh"
#include "net/header/big_endian.hh"

namespace net
{
struct arp_header {
    enum : u16 { request = 1, reply = 2 };

    be16 hardware_type = 1; // Ethernet
    be16 protocol_type = 0x0800;
    u8 hardware_length = 6;
    u8 protocol_length = 4;
    be16 operation;
    mac_address sender_mac;
    be32 sender;
    mac_address target_mac;
    be32 target;

    /// Whether it is of the one kind that this struct describes.
    bool well_formed() const
    {
        return hardware_type == 1 && protocol_type == 0x0800 && hardware_length == 6 && protocol_length == 4;
    }
};
static_assert(sizeof(arp_header) == 28);
} // namespace net
