// TCP as the rest of the stack sees it.
#pragma once

#include <span>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "net/ip/ip.hh"
#include "net/socket/socket.hh"

namespace net::tcp
{
class protocol
{
  public:
    /// Errors: enomem.
    static result<unique_ptr<protocol>> create(net::stack& s);

    /// A packet that begins with its TCP header; deferred work.
    void receive(packet_ptr p, const ip_info& info);
    /// A packet of ours came to grief; `transport`: its TCP header or the first bytes of it.
    void error(const icmp_error& what, std::span<const std::byte> transport);

    result<ref_ptr<socket>> make_socket(family f);
};
} // namespace net::tcp
