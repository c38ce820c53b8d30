// The DHCP client against a small server, and what it makes of messages.
#include <gtest/gtest.h>

#include "net/dhcp/client.hh"
#include "net/settings.hh"
#include "net/testing/two_hosts.hh"

using namespace net;
using namespace net::testing;
using dhcp::message_type;

namespace
{
/// Answers what a server of one address answers, on the right-hand host.
struct server {
    explicit server(host& h)
        : machine(h), s(h.stack->make_socket(family::ipv4, socket_type::datagram, 0).take())
    {
        EXPECT_TRUE(s->bind({ip_address::any(family::ipv4), dhcp::server_port}));
        EXPECT_TRUE(s->set_option(option::broadcast, 1));
        EXPECT_TRUE(s->set_option(option::bind_to_interface, h.eth0->index()));
    }
    ~server() { s->close(); }

    void put(dhcp::option o, std::vector<u8> value)
    {
        options.push_back(static_cast<u8>(o));
        options.push_back(static_cast<u8>(value.size()));
        options.insert(options.end(), value.begin(), value.end());
    }
    static std::vector<u8> be(u32 n)
    {
        return {static_cast<u8>(n >> 24), static_cast<u8>(n >> 16), static_cast<u8>(n >> 8),
                static_cast<u8>(n)};
    }

    /// Reads what came and answers it.
    void serve()
    {
        std::array<std::byte, 1500> message;
        for (;;) {
            auto to = io_buffer::of_kernel(std::span<std::byte>(message));
            message_info info;
            if (!s->receive(to, &info, {}))
                return;
            const auto& q = *reinterpret_cast<const dhcp::header*>(message.data());
            const auto type = static_cast<message_type>(message[sizeof q + 2]);
            asked.push_back(type);
            from.push_back(info.address->address);
            if (silent || (refuse && type == message_type::request))
                if (silent)
                    continue;
            answer(q,
                   refuse                           ? message_type::nak
                   : type == message_type::discover ? message_type::offer
                                                    : message_type::ack,
                   info.address->address);
        }
    }

    void answer(const dhcp::header& q, message_type type, const ip_address& client)
    {
        dhcp::header h = q;
        h.operation = dhcp::header::reply;
        h.your_address = 0x0a00'0032;
        options.clear();
        put(dhcp::option::message_type, {static_cast<u8>(type)});
        put(dhcp::option::server, be(0x0a00'0002));
        put(dhcp::option::lease_time, be(lease));
        put(dhcp::option::mask, be(0xffff'ff00));
        put(dhcp::option::routers, be(0x0a00'0002));
        put(dhcp::option::name_servers, {10, 0, 0, 3, 10, 0, 0, 4});
        put(dhcp::option::domain, {'a', '.', 'b'});
        put(dhcp::option::mtu, {0x05, 0x78});
        options.push_back(255);
        std::vector<std::byte> bytes(sizeof h + options.size());
        std::memcpy(bytes.data(), &h, sizeof h);
        std::memcpy(bytes.data() + sizeof h, options.data(), options.size());
        auto out = io_buffer::of_kernel(std::span<const std::byte>(bytes));
        const ip_address to = client.is_any() ? ip4(255, 255, 255, 255) : client;
        const message_info info{.address = endpoint{to, dhcp::client_port}};
        EXPECT_TRUE(s->send(out, &info, {}));
    }

    host& machine;
    ref_ptr<net::socket> s;
    std::vector<u8> options;
    std::vector<message_type> asked;
    std::vector<ip_address> from;
    u32 lease = 3600;
    bool silent = false, refuse = false;
};

/// A client without an address, and a server.
struct stage {
    stage() : cable(1), left(cable.end(0)), right(cable.end(1)), dhcp_server(right)
    {
        left.eth0->set_up(true);
        right.eth0->set_up(true);
        EXPECT_TRUE(right.eth0->add_address({.address = ip4(10, 0, 0, 2), .prefix_length = 24}));
        EXPECT_TRUE(left.eth0->start_dhcp());
    }
    ~stage() { settle(); }

    void run(nanoseconds duration)
    {
        const instant end = timekeeping::now() + duration;
        while (step(end))
            dhcp_server.serve();
        dhcp_server.serve();
        settle();
    }
    bool has_address() { return left.eth0->has_address(ip4(10, 0, 0, 50)); }

    wire cable;
    host left, right;
    server dhcp_server;
};

TEST(dhcp, gets_everything_in_four_messages)
{
    stage s;
    s.run(seconds(1));
    EXPECT_EQ(s.dhcp_server.asked, (std::vector{message_type::discover, message_type::request}));
    ASSERT_TRUE(s.has_address());
    EXPECT_EQ(s.left.eth0->addresses().find(ip4(10, 0, 0, 50))->prefix_length, 24);
    EXPECT_EQ(s.left.eth0->mtu(), 1400u);
    auto way = s.left.stack->routes().find(ip4(8, 8, 8, 8), {}, nullptr);
    ASSERT_TRUE(way);
    EXPECT_EQ(way.value()->next_hop()->address(), ip4(10, 0, 0, 2));
    EXPECT_EQ(way.value()->source(), ip4(10, 0, 0, 50));
    const auto names = s.left.stack->settings().get();
    ASSERT_EQ(names.name_server_count, 2u);
    EXPECT_EQ(names.name_servers[1], ip4(10, 0, 0, 4));
    EXPECT_STREQ(names.domain.data(), "a.b");
}

TEST(dhcp, keeps_asking)
{
    stage s;
    s.dhcp_server.silent = true;
    s.run(seconds(60));
    EXPECT_GE(s.dhcp_server.asked.size(), 4u);
    EXPECT_LE(s.dhcp_server.asked.size(), 6u);
    EXPECT_FALSE(s.has_address());
    s.dhcp_server.silent = false;
    s.run(seconds(70));
    EXPECT_TRUE(s.has_address());
}

TEST(dhcp, renews_and_rebinds)
{
    stage s;
    s.run(seconds(1));
    s.dhcp_server.asked.clear();
    s.dhcp_server.from.clear();
    s.run(seconds(1805));
    ASSERT_EQ(s.dhcp_server.asked, (std::vector{message_type::request}));
    EXPECT_EQ(s.dhcp_server.from[0], ip4(10, 0, 0, 50));
    EXPECT_TRUE(s.has_address());

    s.dhcp_server.silent = true; // T1, T2, then the end of the lease
    s.run(seconds(3500));
    EXPECT_TRUE(s.has_address());
    EXPECT_GT(s.dhcp_server.asked.size(), 4u);
    s.run(seconds(200));
    EXPECT_FALSE(s.has_address());
    EXPECT_FALSE(s.left.stack->routes().find(ip4(8, 8, 8, 8), {}, nullptr));
    EXPECT_EQ(s.dhcp_server.asked.back(), message_type::discover);
}

TEST(dhcp, a_refusal_begins_anew)
{
    stage s;
    s.run(seconds(1));
    s.dhcp_server.refuse = true;
    s.run(seconds(1805));
    EXPECT_FALSE(s.has_address());
    s.dhcp_server.refuse = false;
    s.run(seconds(70));
    EXPECT_TRUE(s.has_address());
}

TEST(dhcp, does_not_believe_everything)
{
    std::vector<std::byte> bytes(sizeof(dhcp::header));
    dhcp::header h;
    h.operation = dhcp::header::reply;
    h.transaction = 7;
    const mac_address mac{};
    const auto parse = [&](std::vector<u8> options) {
        std::memcpy(bytes.data(), &h, sizeof h);
        bytes.resize(sizeof h);
        for (u8 o : options)
            bytes.push_back(static_cast<std::byte>(o));
        return dhcp::parse(bytes, 7, mac);
    };
    EXPECT_TRUE(parse({53, 1, 5, 255}));
    EXPECT_FALSE(parse({53, 2, 5}));
    EXPECT_FALSE(parse({53}));
    EXPECT_EQ(parse({15, 3, 'a', '\n', 'b'})->domain, "");
    EXPECT_EQ(parse({1, 4, 255, 255, 0, 0})->prefix_length(), 16);
    h.boot_file = {51, 4, 0, 0, 0, 9, 255};
    EXPECT_EQ(parse({52, 1, 1, 255})->lease, 9u);
    h.boot_file = {51, 200};
    EXPECT_FALSE(parse({52, 1, 1, 255}));
    h.transaction = 8;
    EXPECT_FALSE(parse({53, 1, 5, 255}));
}
} // namespace
