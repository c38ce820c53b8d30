// UDP (RFC 768).
#pragma once

#include "core/base/make_unique.hh"
#include "net/ip/ip.hh"
#include "net/socket/socket.hh"

namespace net
{
class udp
{
  public:
    static result<unique_ptr<udp>> create(net::stack& s) { return try_make_unique<udp>(s); }
    explicit udp(net::stack& s) : _stack(s) {}
    void receive(packet_ptr, const ip_info&) {}
    void error(const icmp_error&, std::span<const std::byte>) {}
    result<ref_ptr<socket>> make_socket(family) { return fail(errc::eprotonosupport); }
    [[maybe_unused]] net::stack& _stack;
};
} // namespace net
