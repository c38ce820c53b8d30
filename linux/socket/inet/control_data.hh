// Control messages of internet sockets, in and out (ip(7), ipv6(7), udp(7)).
#pragma once

#include "linux/socket/control.hh"
#include "net/socket/socket.hh"

namespace linux
{
/// What a program sent beside its data. Errors: einval.
result<void> read_control(const net::socket& socket, net::message_info& info,
                          std::span<const std::byte> control);

/// What came along with a message; only what the program asked for is set in `info`.
void write_control(net::socket& socket, control_writer& out, const net::message_info& info);

/// IP_RECVERR or IPV6_RECVERR.
void write_error(const net::socket& socket, control_writer& out, const net::queued_error& error);
} // namespace linux
