// Two hosts joined by a wire: the stage of most simulations. For host programs only.
//
//     left: 10.0.0.1/24, fe80::5054:ff:fe00:1 --- wire --- right: 10.0.0.2/24, fe80::5054:ff:fe00:2
#pragma once

#include "net/interface/interface.hh"
#include "net/multicast/groups.hh"
#include "net/neighbour/neighbours.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/testing/virtual_time.hh"
#include "net/testing/wire.hh"

namespace net::testing
{
inline ip_address ip4(u8 a, u8 b, u8 c, u8 d)
{
    return ip_address(ipv4_address{u32{a} << 24 | u32{b} << 16 | u32{c} << 8 | d});
}

struct host {
    explicit host(network_device& card)
        : stack(net::stack::create().take()), eth0(stack->interfaces().add(card).take())
    {
    }

    unique_ptr<net::stack> stack;
    interface* eth0;
};

struct two_hosts {
    explicit two_hosts(u64 seed = 1, const wire_quality& quality = {}) : two_hosts(seed, quality, {}) {}

    /// With what the cards do for their hosts.
    two_hosts(u64 seed, const wire_quality& quality, network_device::capabilities offload)
        : cable(seed, quality), left((cable.end(0).set_capabilities(offload), cable.end(0))),
          right((cable.end(1).set_capabilities(offload), cable.end(1)))
    {
        u8 number = 1;
        for (host* h : {&left, &right}) {
            h->eth0->set_up(true);
            ensure(
                h->eth0->add_address({.address = ip4(10, 0, 0, number++), .prefix_length = 24}).has_value());
        }
        settle();
    }
    ~two_hosts() { settle(); }

    static ip_address left_address() { return ip4(10, 0, 0, 1); }
    static ip_address right_address() { return ip4(10, 0, 0, 2); }

    wire cable;
    host left, right;
};
} // namespace net::testing
