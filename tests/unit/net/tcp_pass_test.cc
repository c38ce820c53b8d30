// Bytes that pass between two connections of one stack without a segment (net/tcp/pass.cc), and what happens
// where they cannot.
#include <random>

#include "tests/unit/net/tcp_hosts.hh"

namespace net::testing
{
namespace
{
const ip_address here{ipv4_address{0x7f000001}};

/// Both ends on the left host.
struct one_host : connected_hosts {
    one_host()
    {
        listener = stream_socket(*left.stack);
        EXPECT_TRUE(listener->bind({here, port}));
        EXPECT_TRUE(listener->listen(4));
        client = stream_socket(*left.stack);
        EXPECT_EQ(error_of(client->connect({here, port})), errc::einprogress);
        EXPECT_TRUE(run_until([&] { return (listener->events() & event::in) != 0; }, seconds(10)));
        server = listener->accept().take();
        EXPECT_TRUE(run_until([&] { return (client->events() & event::out) != 0; }, seconds(10)));
    }
};

std::string pattern(size_t bytes, u32 seed)
{
    std::string s(bytes, 0);
    for (size_t i = 0; i < bytes; i++)
        s[i] = static_cast<char>(seed + i * 7 + i / 251);
    return s;
}
} // namespace

TEST(tcp_pass, a_byte_is_there_at_once_and_acknowledged)
{
    one_host net;
    ASSERT_EQ(*write(*net.client, "x"), 1u);
    EXPECT_EQ(*net.client->unsent_bytes(), 0u);
    EXPECT_EQ(*net.server->readable_bytes(), 1u);
    EXPECT_EQ(*read(*net.server), "x");
    ASSERT_EQ(*write(*net.server, "answer"), 6u);
    EXPECT_EQ(*read(*net.client), "answer");
    const auto i = info_of(*net.client);
    EXPECT_EQ(i.bytes_sent, 1u);
    EXPECT_EQ(i.bytes_acked, 2u); // and the SYN
    EXPECT_EQ(i.bytes_received, 6u);
}

/// What does not fit the window goes by segments; everything arrives in order.
TEST(tcp_pass, both_ways_alternate)
{
    for (u32 seed = 1; seed <= 20; seed++) {
        one_host net;
        std::minstd_rand random(seed);
        struct direction {
            net::socket &from, &to;
            std::string sent, got;
        } ways[] = {{*net.client, *net.server, {}, {}}, {*net.server, *net.client, {}, {}}};
        for (int step = 0; step < 400; step++) {
            auto& way = ways[random() % 2];
            const size_t bytes = random() % 3 == 0 ? random() % 200000 + 1 : random() % 2000 + 1;
            switch (random() % 4) {
            case 0:
            case 1: {
                const std::string piece = pattern(bytes, static_cast<u32>(random()));
                if (const auto sent = write(way.from, piece, {.more = random() % 5 == 0}))
                    way.sent += piece.substr(0, *sent);
                break;
            }
            case 2:
                if (const auto got = read(way.to, bytes))
                    way.got += *got;
                break;
            case 3:
                run_for(milliseconds(random() % 100));
                break;
            }
        }
        for (auto& way : ways) {
            ASSERT_TRUE(way.from.shutdown(net::socket::direction::write));
            EXPECT_EQ(error_of(write(way.from, "late")), errc::epipe);
            ASSERT_TRUE(run_until(
                [&] {
                    for (;;) {
                        const auto got = read(way.to);
                        if (!got)
                            return false;
                        if (got->empty())
                            return true;
                        way.got += *got;
                    }
                },
                seconds(60)));
            EXPECT_TRUE(way.got == way.sent) << "seed " << seed;
        }
    }
}

TEST(tcp_pass, a_full_window_ends_it_and_reading_opens_it_again)
{
    one_host net;
    ASSERT_TRUE(net.server->set_option(option::receive_buffer, 20000));
    std::string sent, got;
    const std::string piece = pattern(5000, 3);
    while (const auto n = write(*net.client, piece))
        sent += piece.substr(0, *n);
    EXPECT_GT(*net.client->unsent_bytes(), 0u);
    ASSERT_TRUE(run_until(
        [&] {
            while (const auto some = read(*net.server, 3000))
                got += *some;
            return got.size() == sent.size();
        },
        seconds(60)));
    EXPECT_TRUE(got == sent);
    run_for(seconds(1));
    ASSERT_TRUE(write(*net.client, "again"));
    EXPECT_EQ(*read(*net.server), "again");
}

/// What is too long for the whole window goes by segments, after what was passed.
TEST(tcp_pass, more_than_a_window)
{
    one_host net;
    ASSERT_TRUE(net.server->set_option(option::receive_buffer, 20000));
    std::string got;
    const std::string piece = pattern(64, 1);
    u64 sent = 0;
    while (*net.client->unsent_bytes() == 0)
        sent += *write(*net.client, piece);
    ASSERT_TRUE(run_until(
        [&] {
            while (const auto some = read(*net.server))
                got += *some;
            return got.size() == sent && *net.client->unsent_bytes() == 0;
        },
        seconds(60)));
    for (int i = 0; i < 20; i++) {
        const std::string large = pattern(60000, static_cast<u32>(i));
        ASSERT_EQ(*write(*net.client, large), large.size());
        got.clear();
        ASSERT_TRUE(run_until(
            [&] {
                while (const auto some = read(*net.server, 7000))
                    got += *some;
                return got.size() == large.size();
            },
            seconds(60)));
        EXPECT_TRUE(got == large);
    }
}

/// The port's next user gets nothing that was meant for the one before.
TEST(tcp_pass, another_connection_from_the_same_port)
{
    one_host net;
    ASSERT_TRUE(write(*net.client, "one"));
    ASSERT_TRUE(write(*net.server, "two"));
    const u16 port = net.client->local().port;
    ASSERT_TRUE(net.client->disconnect());
    run_for(milliseconds(10));
    EXPECT_EQ(error_of(write(*net.server, "three")), errc::econnreset);
    auto other = stream_socket(*net.left.stack);
    ASSERT_TRUE(other->bind({here, port}));
    ASSERT_EQ(error_of(other->connect({here, one_host::port})), errc::einprogress);
    ASSERT_TRUE(run_until([&] { return (net.listener->events() & event::in) != 0; }, seconds(10)));
    auto accepted = net.listener->accept().take();
    EXPECT_EQ(error_of(write(*net.server, "four")), errc::epipe);
    ASSERT_TRUE(write(*other, "five"));
    EXPECT_EQ(*read(*accepted), "five");
    EXPECT_EQ(error_of(read(*accepted)), errc::eagain);
    other->close();
    accepted->close();
}

TEST(tcp_pass, a_socket_that_talks_to_itself)
{
    two_hosts net;
    auto s = stream_socket(*net.left.stack);
    ASSERT_TRUE(s->bind({here, 99}));
    ASSERT_EQ(error_of(s->connect({here, 99})), errc::einprogress);
    ASSERT_TRUE(run_until([&] { return (s->events() & event::out) != 0; }, seconds(10)));
    ASSERT_TRUE(write(*s, "myself"));
    ASSERT_TRUE(run_until([&] { return (s->events() & event::in) != 0; }, seconds(10)));
    EXPECT_EQ(*read(*s), "myself");
    s->close();
    run_for(seconds(1000));
}

TEST(tcp_pass, unread_bytes_reset_at_the_close)
{
    one_host net;
    ASSERT_TRUE(write(*net.client, "never read"));
    net.server->close();
    run_for(milliseconds(10));
    EXPECT_EQ(error_of(write(*net.client, "more")), errc::econnreset);
}
} // namespace net::testing
