// Ping sockets (icmp(7): SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6): echo requests out, their replies
// in.
#pragma once

#include <span>

#include "net/ip/ip.hh"

namespace net
{
class echo_sockets
{
  public:
    explicit echo_sockets(net::stack& s) : _stack(s) {}

    /// An echo reply that begins with its ICMP header.
    void receive(packet_ptr, const ip_info&) {}
    void error(const icmp_error&, std::span<const std::byte>) {}

  private:
    [[maybe_unused]] net::stack& _stack;
};
} // namespace net
