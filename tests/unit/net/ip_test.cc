// IP between two hosts: neighbours, echo, errors, fragments, autoconfiguration.
#include <gtest/gtest.h>

#include "net/autoconfiguration/autoconfiguration.hh"
#include "net/header/icmp.hh"
#include "net/header/ipv4.hh"
#include "net/ip/reassembly.hh"
#include "net/ip6/ip6.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;

namespace
{
constexpr auto unused_protocol = static_cast<protocol_number>(253); // RFC 3692: for experiments

packet_ptr payload(u32 length)
{
    auto p = packet::create(packet::header_room, length).take();
    std::byte* to = p->append(length);
    for (u32 i = 0; i < length; i++)
        to[i] = static_cast<std::byte>(i);
    return p;
}

/// Sends an echo request; its checksum is right for IPv4.
void ping(host& from, const ip_address& to, u32 length = 56, ip_options options = {})
{
    auto way = from.stack->routes().find(to, {}, from.eth0);
    ASSERT_TRUE(way) << static_cast<int>(way.error());
    auto p = payload(length);
    auto& h = prepend<icmp_header>(*p);
    const bool is_ipv4 = to.is_ipv4();
    h.type = is_ipv4 ? u8{icmp4::echo_request} : u8{icmp6::echo_request};
    h.checksum.complete(sum_packet(
        is_ipv4 ? 0 : pseudo_header_sum(way.value()->source(), to, protocol_number::icmpv6, p->length()), *p,
        0, p->length()));
    EXPECT_TRUE(
        send_ip(std::move(p), **way, is_ipv4 ? protocol_number::icmp : protocol_number::icmpv6, options));
}

TEST(ip, echo_over_ethernet)
{
    two_hosts net;
    ping(net.left, net.right_address());
    run_for(milliseconds(10));
    EXPECT_EQ(net.right.stack->counters().icmp4.echo_requests.value(), 1u);
    EXPECT_EQ(net.left.stack->counters().icmp4.echo_replies.value(), 1u);
    EXPECT_EQ(net.left.stack->counters().icmp4.errors.value(), 0u);
}

TEST(ip, echo_over_ipv6)
{
    two_hosts net;
    run_for(seconds(3)); // duplicate detection
    const ip_address right = net.right.eth0->link_local();
    ASSERT_FALSE(right.is_any());
    ping(net.left, right);
    run_for(milliseconds(10));
    EXPECT_EQ(net.right.stack->counters().icmp6.echo_requests.value(), 1u);
    EXPECT_EQ(net.left.stack->counters().icmp6.echo_replies.value(), 1u);
}

TEST(ip, echo_over_loopback)
{
    two_hosts net;
    for (const ip_address& a : {ip4(127, 0, 0, 1), ip4(127, 1, 2, 3), net.left_address(),
                                ip_address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})}) {
        auto way = net.left.stack->routes().find(a, {}, nullptr);
        ASSERT_TRUE(way);
        EXPECT_TRUE(way.value()->out().is_loopback());
        ping(net.left, a);
        settle();
    }
    EXPECT_EQ(net.left.stack->counters().icmp4.echo_replies.value(), 3u);
    EXPECT_EQ(net.left.stack->counters().icmp6.echo_replies.value(), 1u);
}

TEST(ip, fragments_both_families)
{
    two_hosts net;
    run_for(seconds(3));
    for (u32 length : {1473u, 3000u, 20'000u, 60'000u}) {
        const auto before4 = net.left.stack->counters().icmp4.echo_replies.value();
        const auto before6 = net.left.stack->counters().icmp6.echo_replies.value();
        ping(net.left, net.right_address(), length);
        ping(net.left, net.right.eth0->link_local(), length);
        run_for(milliseconds(100));
        EXPECT_EQ(net.left.stack->counters().icmp4.echo_replies.value(), before4 + 1) << length;
        EXPECT_EQ(net.left.stack->counters().icmp6.echo_replies.value(), before6 + 1) << length;
    }
    EXPECT_EQ(net.left.stack->reassembly().memory_in_use(), 0u);
    EXPECT_EQ(net.left.stack->counters().icmp4.errors.value(), 0u);

    auto way = net.left.stack->routes().find(net.right_address(), {}, nullptr);
    EXPECT_EQ(send_ip(payload(1481), **way, unused_protocol, {.may_fragment = false}).error(),
              errc::emsgsize);
    EXPECT_EQ(send_ip(payload(65'516), **way, unused_protocol, {}).error(), errc::emsgsize);
}

TEST(ip, fragments_survive_reordering_and_loss_is_cleaned_up)
{
    two_hosts net(5, {.loss = 0.05, .duplication = 0.1, .reordering = 0.5});
    for (int i = 0; i < 200; i++) {
        ping(net.left, net.right_address(), 8000);
        run_for(milliseconds(20));
    }
    auto& c = net.right.stack->counters().ip4;
    EXPECT_GT(c.reassembled.value(), 80u);
    EXPECT_LT(c.reassembled.value(), 200u);
    EXPECT_EQ(c.reassembly_failed.value(), 0u);
    EXPECT_GT(net.right.stack->reassembly().memory_in_use(), 0u);
    run_for(seconds(31));
    EXPECT_EQ(net.right.stack->reassembly().memory_in_use(), 0u);
    EXPECT_GT(c.reassembly_timeout.value(), 10u);
}

TEST(ip, unknown_protocol_is_reported_to_the_sender)
{
    two_hosts net;
    auto way = net.left.stack->routes().find(net.right_address(), {}, nullptr);
    ASSERT_TRUE(send_ip(payload(10), **way, unused_protocol, {}));
    run_for(milliseconds(10));
    EXPECT_EQ(net.right.stack->counters().ip4.unknown_protocol.value(), 1u);
    EXPECT_EQ(net.left.stack->counters().icmp4.unreachable_in.value(), 1u);
}

TEST(ip, errors_are_limited_in_rate)
{
    two_hosts net;
    ping(net.left, net.right_address());
    run_for(seconds(1));
    auto way = net.left.stack->routes().find(net.right_address(), {}, nullptr);
    for (int i = 0; i < 500; i++)
        ASSERT_TRUE(send_ip(payload(10), **way, unused_protocol, {}));
    run_for(milliseconds(10));
    EXPECT_EQ(net.left.stack->counters().icmp4.unreachable_in.value(), 50u);
    EXPECT_EQ(net.right.stack->counters().icmp4.rate_limited.value(), 450u);
}

TEST(neighbours, three_packets_wait_and_silence_is_failure)
{
    two_hosts net;
    auto way = net.left.stack->routes().find(ip4(10, 0, 0, 99), {}, nullptr);
    const u64 sent = net.cable.count(0).sent;
    for (int i = 0; i < 5; i++)
        ASSERT_TRUE(send_ip(payload(10), **way, unused_protocol, {}));
    EXPECT_EQ(net.cable.count(0).sent, sent + 1) << "one question";
    auto state = [&] {
        auto s = neighbour::state::reachable;
        net.left.stack->neighbours().for_each([&](const neighbours::description& d) {
            if (d.address == ip4(10, 0, 0, 99))
                s = d.state;
        });
        return s;
    };
    EXPECT_EQ(state(), neighbour::state::incomplete);
    run_for(seconds(4));
    EXPECT_EQ(state(), neighbour::state::failed);
}

TEST(neighbours, are_probed_when_they_may_have_gone)
{
    two_hosts net;
    ping(net.left, net.right_address());
    run_for(seconds(60)); // reachable becomes stale
    const u64 asked = net.cable.count(0).sent;
    ping(net.left, net.right_address());
    run_for(seconds(2));
    EXPECT_EQ(net.cable.count(0).sent, asked + 1);
    run_for(seconds(5));
    EXPECT_EQ(net.cable.count(0).sent, asked + 3) << "a unicast question, and the answer to the other's";
    EXPECT_EQ(net.left.stack->counters().icmp4.echo_replies.value(), 2u);
}

TEST(neighbours, are_bounded)
{
    two_hosts net;
    net.left.eth0->remove_address(net.left_address()).take();
    ASSERT_TRUE(net.left.eth0->add_address({.address = ip4(10, 0, 0, 1), .prefix_length = 8}));
    for (u32 i = 0; i < 5000; i++) {
        auto way = net.left.stack->routes().find(ip_address(ipv4_address{0x0a01'0000 + i}), {}, nullptr);
        if (way)
            (void)send_ip(payload(1), **way, unused_protocol, {});
        if (i % 50 == 0)
            run_for(seconds(4));
    }
    unsigned count = 0;
    net.left.stack->neighbours().for_each([&](const auto&) { count++; });
    EXPECT_LE(count, neighbours::limit);
    EXPECT_GT(count, neighbours::limit / 2);
}

TEST(routes, longest_prefix_wins)
{
    two_hosts net;
    auto& table = net.left.stack->routes();
    EXPECT_EQ(table.find(ip4(8, 8, 8, 8), {}, nullptr).error(), errc::enetunreach);
    auto add = [&](ip_address destination, u8 length, ip_address gateway) {
        EXPECT_TRUE(table.add(
            {.destination = destination, .prefix_length = length, .gateway = gateway, .out = net.left.eth0}));
    };
    add(ip4(0, 0, 0, 0), 0, ip4(10, 0, 0, 2));
    add(ip4(8, 8, 0, 0), 16, ip4(10, 0, 0, 3));
    auto path = table.find(ip4(8, 8, 8, 8), {}, nullptr);
    ASSERT_TRUE(path);
    EXPECT_EQ(path.value()->next_hop()->address(), ip4(10, 0, 0, 3));
    EXPECT_EQ(path.value()->source(), net.left_address());
    EXPECT_EQ(table.find(ip4(9, 9, 9, 9), {}, nullptr).value()->next_hop()->address(), ip4(10, 0, 0, 2));
    EXPECT_TRUE(path.value()->current());
    EXPECT_TRUE(table.remove({.destination = ip4(8, 8, 0, 0),
                              .prefix_length = 16,
                              .gateway = ip4(10, 0, 0, 3),
                              .out = net.left.eth0}));
    EXPECT_FALSE(path.value()->current());
    EXPECT_EQ(table.find(ip4(8, 8, 8, 8), {}, nullptr).value()->next_hop()->address(), ip4(10, 0, 0, 2));
    net.left.eth0->set_up(false);
    EXPECT_EQ(table.find(ip4(8, 8, 8, 8), {}, nullptr).error(), errc::enetunreach);
}

TEST(routes, remember_a_smaller_mtu_for_ten_minutes)
{
    two_hosts net;
    auto& table = net.left.stack->routes();
    auto path = table.find(net.right_address(), {}, nullptr).take();
    EXPECT_EQ(path->mtu(), 1500u);
    table.limit_mtu(net.right_address(), 1000);
    EXPECT_EQ(path->mtu(), 1000u);
    table.limit_mtu(net.right_address(), 100);
    EXPECT_EQ(path->mtu(), 552u);
    table.changed();
    EXPECT_EQ(table.find(net.right_address(), {}, nullptr).value()->mtu(), 552u);
    run_for(seconds(601));
    EXPECT_EQ(path->mtu(), 1500u);
}

TEST(autoconfiguration, two_equal_addresses_are_noticed)
{
    wire cable(1);
    host left(cable.end(0));
    left.eth0->set_up(true);
    run_for(seconds(2));
    EXPECT_FALSE(left.eth0->link_local().is_any());
    const interface_address same{.address = left.eth0->link_local(), .prefix_length = 64};
    host right(cable.end(1));
    right.eth0->set_up(true);
    ASSERT_TRUE(right.eth0->add_address({.address = ip4(10, 0, 0, 2), .prefix_length = 24}));
    right.eth0->autoconfiguration()->try_address(same).take();
    run_for(seconds(2));
    EXPECT_EQ(right.eth0->addresses().find(same.address)->state, address_state::duplicate);
    EXPECT_FALSE(right.eth0->has_address(same.address));
    settle();
}

TEST(groups, only_members_hear)
{
    two_hosts net;
    const ip_address group = ip4(239, 1, 2, 3);
    auto way = net.left.stack->routes().find(group, {}, nullptr);
    ASSERT_TRUE(way);
    const auto send = [&] {
        ASSERT_TRUE(send_ip(payload(8), **way, unused_protocol, {.hop_limit = 1}));
        run_for(milliseconds(1));
    };
    auto& c = net.right.stack->counters().ip4;
    send();
    EXPECT_EQ(c.unknown_protocol.value(), 0u);
    ASSERT_TRUE(net.right.stack->groups().join(*net.right.eth0, group));
    send();
    EXPECT_EQ(c.unknown_protocol.value(), 1u);
    ASSERT_TRUE(net.right.stack->groups().leave(*net.right.eth0, group));
    EXPECT_EQ(net.right.stack->groups().leave(*net.right.eth0, group).error(), errc::eaddrnotavail);
    send();
    EXPECT_EQ(c.unknown_protocol.value(), 1u);
}
} // namespace
