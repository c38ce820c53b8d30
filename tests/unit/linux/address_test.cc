// Socket addresses and endpoints.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "linux/socket/address.hh"
#include "linux/socket/netlink/request.hh"
#include "linux/socket/netlink/writer.hh"
#include "linux/socket/plain_options.hh"

using linux::address_of;
using linux::endpoint_of;
using linux::socket_address;

TEST(socket_address, ipv4_both_ways)
{
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(8080);
    inet_pton(AF_INET, "192.0.2.7", &in.sin_addr);
    const auto where = endpoint_of(socket_address::of(in), net::family::ipv4);
    ASSERT_TRUE(where);
    EXPECT_EQ(where->port, 8080);
    EXPECT_EQ(where->address.as_ipv4().value, 0xc0000207u);
    const auto back = address_of(*where, net::family::ipv4);
    ASSERT_EQ(back.length(), sizeof in);
    EXPECT_EQ(std::memcmp(back.bytes().data(), &in, sizeof in), 0);
    // To an IPv6 socket it is a mapped address.
    const auto mapped = address_of(*where, net::family::ipv6).as<linux::sockaddr_in6>();
    EXPECT_EQ(mapped.family, AF_INET6);
    EXPECT_EQ(mapped.address[10], 0xff);
    EXPECT_EQ(mapped.address[15], 7);
}

TEST(socket_address, ipv6_both_ways)
{
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(53);
    in.sin6_scope_id = 2;
    inet_pton(AF_INET6, "fe80::1", &in.sin6_addr);
    const auto where = endpoint_of(socket_address::of(in), net::family::ipv6);
    ASSERT_TRUE(where);
    EXPECT_TRUE(where->address.is_link_local());
    EXPECT_EQ(where->scope, 2u);
    const auto back = address_of(*where, net::family::ipv6);
    EXPECT_EQ(std::memcmp(back.bytes().data(), &in, sizeof in), 0);
}

TEST(socket_address, wrong_ones)
{
    sockaddr_in in{};
    in.sin_family = AF_INET;
    EXPECT_EQ(endpoint_of(socket_address::of(in, 15), net::family::ipv4).error(), errc::einval);
    EXPECT_EQ(endpoint_of(socket_address::of(in), net::family::ipv6).error(), errc::eafnosupport);
    in.sin_family = AF_INET6;
    EXPECT_EQ(endpoint_of(socket_address::of(in), net::family::ipv4).error(), errc::eafnosupport);
    EXPECT_EQ(endpoint_of(socket_address::of(in), net::family::ipv6).error(), errc::einval);
    EXPECT_EQ(socket_address().family(), linux::af_unspec);
    EXPECT_EQ(endpoint_of(socket_address(), net::family::ipv6).error(), errc::einval);
}

TEST(netlink, requests_one_after_the_other)
{
    struct {
        linux::nlmsghdr a{17, linux::rtm_getlink, 1, 5, 0};
        u8 family = 2;
        u8 padding[3] = {};
        linux::nlmsghdr b{100, 0, 0, 0, 0}; // says more than there is
    } sent;
    auto left = std::as_bytes(std::span(&sent, 1));
    const auto first = linux::next_request(left);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->header.sequence, 5u);
    EXPECT_EQ(first->family(), 2);
    EXPECT_FALSE(linux::next_request(left));
}

TEST(netlink, a_message_that_does_not_fit_is_not_there)
{
    auto out = linux::netlink_writer::create().take();
    std::array<u8, 100> value{};
    size_t whole = 0;
    for (;; whole++) {
        out.begin({0, 1, 0, 0, 0}, linux::rtgenmsg{2});
        out.attribute(3, value);
        if (!out.finish())
            break;
    }
    EXPECT_EQ(out.bytes().size(), whole * (16 + 4 + 104));
    auto left = out.bytes();
    while (const auto m = linux::next_request(left)) {
        EXPECT_EQ(linux::find_attribute(m->body, sizeof(linux::rtgenmsg), 3).size(), 100u);
        EXPECT_TRUE(linux::find_attribute(m->body, sizeof(linux::rtgenmsg), 4).empty());
        whole--;
    }
    EXPECT_EQ(whole, 0u);
}

TEST(plain_options, numbers_and_switches)
{
    linux::plain_options options;
    const auto value = [](const s32& n) { return std::as_bytes(std::span(&n, 1)); };
    const s32 on = 5, buffer = 100000, least = 1;
    EXPECT_TRUE(options.set(linux::so_keepalive, value(on)));
    EXPECT_TRUE(options.is_on(linux::so_keepalive));
    EXPECT_TRUE(options.set(linux::so_sndbuf, value(buffer)));
    EXPECT_EQ(options.send_buffer(), 200000u);
    EXPECT_TRUE(options.set(linux::so_sndbuf, value(least)));
    EXPECT_EQ(options.send_buffer(), linux::least_send_buffer);
    EXPECT_EQ(options.set(linux::so_keepalive, value(on).first(3)).error(), errc::einval);
    EXPECT_EQ(options.set(9999, value(on)).error(), errc::enoprotoopt);
}
