// IPv4 (RFC 791, 1122): checks and delivers what comes, builds and fragments what goes. No forwarding.
#pragma once

#include "net/ip/ip.hh"

namespace net::ip4
{
/// A packet that begins with its IP header; deferred work.
void receive(interface& in, packet_ptr p);

/// send_ip() of this family.
result<void> send(packet_ptr p, const path& to, protocol_number protocol, const ip_options& options);
} // namespace net::ip4
