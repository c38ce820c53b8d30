// Ethernet II frames (IEEE 802.3 clause 3).
#pragma once

#include "core/device/network_device.hh"
#include "net/address.hh"
#include "net/header/big_endian.hh"

namespace net
{
enum class ether_type : u16 { ipv4 = 0x0800, arp = 0x0806, ipv6 = 0x86dd };

struct ethernet_header {
    mac_address destination;
    mac_address source;
    be16 type; // below 0x600: a length (802.3), which nobody here speaks
};
static_assert(sizeof(ethernet_header) == 14);

inline constexpr mac_address broadcast_mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/// Where a group's packets go (RFC 1112 §6.4, RFC 2464 §7).
constexpr mac_address multicast_mac(const ip_address& group)
{
    const auto& b = group.bytes();
    if (group.is_ipv4())
        return {0x01, 0x00, 0x5e, static_cast<u8>(b[13] & 0x7f), b[14], b[15]};
    return {0x33, 0x33, b[12], b[13], b[14], b[15]};
}
} // namespace net
