// Stateless address autoconfiguration of one interface (RFC 4862, 4861 §6.3, 8106): the link-local address,
// duplicate detection, router discovery, and the addresses and routes that routers announce.
//
// Its state is the interface's address list and the routing table themselves; one timer looks at them. At
// most `most_addresses` come from routers, whatever they announce.
#pragma once

#include "net/deferred_timer.hh"
#include "net/header/nd.hh"
#include "net/interface/address_list.hh"

namespace net
{
class interface;

class autoconfiguration
{
  public:
    static constexpr unsigned most_addresses = 16;
    static constexpr unsigned most_routers = 4;

    explicit autoconfiguration(interface& i) : _interface(i) {}

    /// The interface came up: makes the link-local address and asks for routers. Any context.
    void start();
    /// It went down: what routers gave is forgotten.
    void stop();

    /// Somebody else has or wants this address; returns whether we wanted it too, and now do not.
    bool address_in_use(const ip_address& a);
    /// The message and its options, which are well-formed; deferred work.
    void router_advertised(const ip_address& router, const nd::router_advertisement& m,
                           std::span<const std::byte> options);

    /// Uses an IPv6 address once nobody else claims it. Errors: enomem.
    result<void> try_address(const interface_address& a);

  private:
    void prefix_announced(const nd::prefix_option& o);
    void use_router(const ip_address& router, nanoseconds lifetime);
    void update(interface_address a);
    void tick();

    interface& _interface;
    std::atomic<u32> _questions_left{0}; // router solicitations
    std::atomic<s64> _next_question{0};  // ns, as an instant
    member_timer<autoconfiguration, &autoconfiguration::tick> _timer{*this};
};
} // namespace net
