// What routers announce (RFC 4862): addresses, routes, their ends.
#include <gtest/gtest.h>

#include "net/autoconfiguration/autoconfiguration.hh"
#include "net/header/ethernet.hh"
#include "net/header/nd.hh"
#include "net/ip6/ip6.hh"
#include "net/settings.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
constexpr ip_address prefix({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
constexpr ip_address world({0x20, 1, 0xd, 0xb8, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
constexpr ip_address name_server({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53});

struct announcement {
    u16 router_lifetime = 1800;
    u32 valid = 7200, preferred = 3600;
    u8 flags = nd::prefix_option::on_link | nd::prefix_option::autonomous;
    u8 hop_limit = 255;
    u32 mtu = 1400;
};

template <class T>
void put(packet& p, const T& value)
{
    std::memcpy(p.append(sizeof value), &value, sizeof value);
}

/// The right-hand host announces itself as a router.
void announce(two_hosts& net, const announcement& a = {})
{
    auto p = packet::create(packet::header_room, 200).take();
    nd::router_advertisement m;
    m.type = icmp6::router_advertisement;
    m.hop_limit = 33;
    m.router_lifetime = a.router_lifetime;
    put(*p, m);
    put(*p, nd::link_option{.type = 1, .address = net.right.eth0->mac()});
    nd::prefix_option o{};
    o.type = static_cast<u8>(nd::option_type::prefix);
    o.length = 4;
    o.prefix_length = 64;
    o.flags = a.flags;
    o.valid_lifetime = a.valid;
    o.preferred_lifetime = a.preferred;
    o.prefix = prefix;
    put(*p, o);
    nd::mtu_option mtu{};
    mtu.type = static_cast<u8>(nd::option_type::mtu);
    mtu.length = 1;
    mtu.mtu = a.mtu;
    put(*p, mtu);
    nd::dns_option dns{};
    dns.type = static_cast<u8>(nd::option_type::dns_servers);
    dns.length = 3;
    dns.lifetime = 600;
    put(*p, dns);
    put(*p, name_server);
    ip6::send_icmp_on_link(*net.right.eth0, std::move(p), net.right.eth0->link_local(), ip6::all_nodes,
                           multicast_mac(ip6::all_nodes), a.hop_limit);
    run_for(milliseconds(10));
}

struct stage : two_hosts {
    stage() { run_for(seconds(2)); }
    ip_address expected() const
    {
        auto b = prefix.bytes();
        const auto l = left.eth0->link_local().bytes();
        std::copy(l.begin() + 8, l.end(), b.begin() + 8);
        return ip_address(b);
    }
    address_state state_of(const ip_address& a) const { return left.eth0->addresses().find(a)->state; }
};

TEST(autoconfiguration, address_route_mtu_and_name_server)
{
    stage net;
    announce(net);
    EXPECT_EQ(net.state_of(net.expected()), address_state::tentative);
    EXPECT_FALSE(net.left.eth0->has_address(net.expected()));
    run_for(seconds(2));
    EXPECT_TRUE(net.left.eth0->has_address(net.expected()));
    auto way = net.left.stack->routes().find(world, {}, nullptr);
    ASSERT_TRUE(way);
    EXPECT_EQ(way.value()->source(), net.expected());
    EXPECT_EQ(way.value()->next_hop()->address(), net.right.eth0->link_local());
    EXPECT_EQ(way.value()->mtu(), 1400u);
    EXPECT_EQ(net.left.eth0->hop_limit(), 33);
    EXPECT_EQ(net.left.stack->settings().get().name_servers[0], name_server);
}

TEST(autoconfiguration, time_takes_away_what_it_gave)
{
    stage net;
    announce(net);
    run_for(seconds(3601));
    EXPECT_EQ(net.state_of(net.expected()), address_state::deprecated);
    EXPECT_FALSE(net.left.stack->routes().find(world, {}, nullptr)) << "1,800 s";
    announce(net);
    EXPECT_EQ(net.state_of(net.expected()), address_state::preferred);
    run_for(seconds(7201));
    EXPECT_FALSE(net.left.eth0->addresses().find(net.expected()));
}

TEST(autoconfiguration, a_stranger_cannot_take_an_address_away_at_once)
{
    stage net;
    announce(net, {.valid = 86'400});
    run_for(seconds(2));
    announce(net, {.router_lifetime = 0, .valid = 1, .preferred = 1});
    EXPECT_FALSE(net.left.stack->routes().find(world, {}, nullptr));
    run_for(seconds(7000));
    EXPECT_TRUE(net.left.eth0->has_address(net.expected()));
    run_for(seconds(300));
    EXPECT_FALSE(net.left.eth0->has_address(net.expected()));
}

TEST(autoconfiguration, only_from_this_link)
{
    stage net;
    announce(net, {.hop_limit = 254});
    announce(net, {.flags = 0, .hop_limit = 64});
    run_for(seconds(2));
    EXPECT_FALSE(net.left.stack->routes().find(world, {}, nullptr));
    EXPECT_FALSE(net.left.eth0->addresses().find(net.expected()));
}

TEST(autoconfiguration, routers_are_asked_three_times)
{
    two_hosts net;
    u64 questions = 0;
    net.cable.set_tap(
        [](void* count, unsigned from, std::span<const std::byte> frame) {
            if (from == 0 && frame.size() > 54 && static_cast<u8>(frame[54]) == icmp6::router_solicitation &&
                static_cast<u8>(frame[20]) == 58)
                ++*static_cast<u64*>(count);
            return true;
        },
        &questions);
    run_for(seconds(60));
    EXPECT_EQ(questions, 3u);
    settle();
    EXPECT_EQ(armed_timers(), 0u) << "and then all is quiet";
}
} // namespace
