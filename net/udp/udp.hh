// UDP (RFC 768, 1122 §4.1): from packets to sockets.
#pragma once

#include "core/base/make_unique.hh"
#include "net/ip/ip.hh"
#include "net/socket/socket.hh"
#include "net/udp/ports.hh"

namespace net
{
class udp
{
  public:
    /// Errors: enomem.
    static result<unique_ptr<udp>> create(net::stack& s) { return try_make_unique<udp>(s); }
    explicit udp(net::stack& s) : _stack(s) {}

    /// A packet that begins with its UDP header; deferred work.
    void receive(packet_ptr p, const ip_info& info);

    /// Sends a payload with its header; to a socket of ours it goes without one and at once, if it need not
    /// be fragmented. No spinlock is held. Errors: as send_ip().
    result<void> send(packet_ptr p, const path& way, u16 source_port, u16 destination_port,
                      const ip_options& options);
    /// A datagram of ours came to grief; `transport`: its UDP header and what else was quoted.
    void error(const icmp_error& e, std::span<const std::byte> transport);

    /// Errors: enomem.
    result<ref_ptr<socket>> make_socket(family f);

    net::stack& stack() const { return _stack; }
    udp_ports& ports() { return _ports; }

  private:
    result<void> send_packet(packet_ptr p, const path& way, u16 source_port, u16 destination_port,
                             const ip_options& options);
    bool give_to_socket(packet_ptr& p, const path& way, u16 source_port, u16 destination_port,
                        const ip_options& options);
    void receive_for_many(packet_ptr p, const ip_info& info, u16 source_port, u16 destination_port);

    net::stack& _stack;
    udp_ports _ports;
};
} // namespace net
