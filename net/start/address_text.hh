// Internet addresses as people write them (RFC 4291 §2.2, dotted quad for IPv4), as the machine's
// configuration has them.
#pragma once

#include <optional>
#include <string_view>

#include "net/address.hh"

namespace net
{
/// "10.0.0.2", "fe80::1", "::ffff:1.2.3.4". Nothing: not an address.
std::optional<ip_address> parse_address(std::string_view text);

/// An interface's address and the router to the world.
struct static_address {
    ip_address address;
    u8 prefix_length = 0;
    std::optional<ip_address> gateway;
};

/// "ADDRESS/LENGTH[,GATEWAY]". Nothing: it is something else, or the two are of different families.
std::optional<static_address> parse_static_address(std::string_view text);

/// The shortest way to write an address (RFC 5952 §4), into `to`, which must have room for 46 bytes; returns
/// the length.
size_t format_address(const ip_address& address, char* to);
} // namespace net
