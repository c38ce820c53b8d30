// ICMP for both families (RFC 792, 1122 §3.2.2, 4443): echo, errors that we report, errors that we are told.
//
// What we send is limited to 1,000 messages a second in bursts of 50, as Linux does, so that nobody can use
// us to flood a third party. What we are told counts only if the packet that it quotes was sent by us.
#pragma once

#include "core/base/make_unique.hh"
#include "core/sync/spinlock.hh"
#include "net/header/icmp.hh"
#include "net/header/view.hh"
#include "net/ip/ip.hh"

namespace net
{
class icmp
{
  public:
    explicit icmp(net::stack& s) : _stack(s) {}

    /// Packets that begin with their ICMP header; deferred work.
    void receive4(packet_ptr p, const ip_info& info);
    void receive6(packet_ptr p, const ip_info& info);

    enum class reason : u8 {
        no_port,
        unknown_protocol, // parameter: where the number stands (IPv6)
        unknown_option,
        bad_field,
        reassembly_timeout
    };
    /// Tells the sender what was wrong with a packet that we received. Its network_header is known.
    void report(packet_ptr offending, const ip_info& info, reason why, u32 parameter = 0);

    /// A packet of ours, beginning with its IP header, whose neighbour does not answer.
    void undeliverable(packet_ptr p);

  private:
    void answer_echo(packet_ptr p, const ip_info& info, u8 type);
    void receive_error4(packet_ptr p, const ip_info& info);
    void receive_error6(packet_ptr p, const ip_info& info);
    void tell(const icmp_error& e, u8 protocol, std::span<const std::byte> transport);
    bool may_send();

    net::stack& _stack;
    spinlock _lock{lock_rank::network};
    instant _tokens_since GUARDED_BY(_lock){}; // when the bucket was empty, had nobody taken
};
} // namespace net
