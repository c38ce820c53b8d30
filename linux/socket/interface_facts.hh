// What ioctls, netlink and /proc tell alike of a network interface.
#pragma once

#include <optional>

#include "linux/abi/interface.hh"
#include "linux/socket/address.hh"
#include "net/interface/interface.hh"

namespace linux
{
/// Its first usable IPv4 address.
std::optional<net::interface_address> first_ipv4(const net::interface& interface);

/// iff_ bits.
u32 interface_flags(const net::interface& interface);
} // namespace linux
