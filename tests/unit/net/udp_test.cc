// UDP sockets: binding, demultiplexing, options, errors, groups.
#include <gtest/gtest.h>

#include "net/testing/two_hosts.hh"
#include "net/udp/socket.hh"

using namespace net;
using namespace net::testing;

namespace
{
/// Closes its socket, as the last descriptor does.
struct open_socket {
    explicit open_socket(host& h, family f = family::ipv4)
        : s(h.stack->make_socket(f, socket_type::datagram, 0).take())
    {
    }
    ~open_socket() { s->close(); }
    net::socket* operator->() const { return s.get(); }
    ref_ptr<net::socket> s;
};

result<size_t> send(const open_socket& s, std::string_view text, message_info info = {})
{
    auto from = io_buffer::of_kernel(std::as_bytes(std::span(text)));
    return s->send(from, &info, {});
}
result<size_t> send_to(const open_socket& s, std::string_view text, const ip_address& to, u16 port)
{
    return send(s, text, {.address = endpoint{to, port}});
}

struct arrival {
    std::string text;
    message_info info;
    size_t bytes = 0;
};
result<arrival> take(const open_socket& s, receive_options options = {}, size_t room = 70'000)
{
    arrival a;
    a.text.resize(room);
    auto to = io_buffer::of_kernel(std::as_writable_bytes(std::span(a.text)));
    a.bytes = TRY(s->receive(to, &a.info, options));
    a.text.resize(std::min(a.bytes, room));
    return a;
}
std::string text_of(const open_socket& s)
{
    auto a = take(s);
    return a ? a.take().text : "error " + std::to_string(static_cast<int>(a.error()));
}
void deliver_all()
{
    run_for(milliseconds(20));
}

const auto any4 = ip_address::any(family::ipv4);
constexpr ip_address loopback6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

TEST(udp, there_and_back)
{
    two_hosts net;
    open_socket server(net.right), client(net.left);
    ASSERT_TRUE(server->bind({any4, 53}));
    ASSERT_TRUE(send_to(client, "question", net.right_address(), 53));
    EXPECT_EQ(take(server).error(), errc::eagain);
    deliver_all();
    EXPECT_TRUE(server->events() & event::in);
    auto q = take(server).take();
    EXPECT_EQ(q.text, "question");
    EXPECT_EQ(q.info.address->address, net.left_address());
    EXPECT_EQ(q.info.address->port, client->local().port);
    EXPECT_GE(client->local().port, 32768);
    ASSERT_TRUE(send(server, "answer", {.address = q.info.address}));
    deliver_all();
    EXPECT_EQ(text_of(client), "answer");
    EXPECT_EQ(net.right.stack->counters().udp.checksum_errors.value(), 0u);
}

/// A card whose ring is full: it keeps what it is to send.
class full_card final : public network_device
{
  public:
    mac_address address() const override { return {2, 0, 0, 0, 0, 1}; }
    u32 mtu() const override { return 1500; }
    bool link_up() const override { return true; }
    capabilities offers() const override { return {}; }
    void transmit(packet_queue frames) override { waiting.append(std::move(frames)); }
    result<void> set_filter(const filter&) override { return fail(errc::eopnotsupp); }
    result<void> attach(receiver&) override { return {}; }

    packet_queue waiting;
};

struct host_with_full_card {
    host_with_full_card()
    {
        left.eth0->set_up(true);
        ensure(left.eth0->add_address({.address = ip4(10, 0, 0, 1), .prefix_length = 24}).has_value());
        settle();
    }
    ~host_with_full_card()
    {
        card.waiting.clear();
        settle();
    }
    full_card card;
    host left{card};
};

/// Sends to all, which needs no neighbour, until it may not; how often.
int send_until_full(const open_socket& s, std::string_view text)
{
    int count = 0;
    while (count < 1000 && send_to(s, text, ip4(10, 0, 0, 255), 7))
        count++;
    return count;
}

TEST(udp, a_full_ring_stops_the_sender)
{
    host_with_full_card net;
    open_socket s(net.left);
    ASSERT_TRUE(s->set_option(option::broadcast, 1));
    ASSERT_TRUE(s->set_option(option::send_buffer, 10000)); // twice that
    const int sent = send_until_full(s, "some bytes");
    EXPECT_GT(sent, 10);
    EXPECT_LT(sent, 100);
    EXPECT_EQ(send_to(s, "x", ip4(10, 0, 0, 255), 7).error(), errc::eagain);
    EXPECT_GE(*s->unsent_bytes(), 20000u);
    EXPECT_FALSE(s->events() & event::out);
    const u32 wakes = s->queue().wakes();
    for (int i = 0; i < sent / 4; i++)
        (void)net.card.waiting.pop();
    EXPECT_FALSE(s->events() & event::out) << "more than half is under way";
    EXPECT_TRUE(send_to(s, "x", ip4(10, 0, 0, 255), 7)) << "but there is room";
    EXPECT_EQ(s->queue().wakes(), wakes);
    while (*s->unsent_bytes() > 9000)
        (void)net.card.waiting.pop();
    EXPECT_EQ(s->queue().wakes(), wakes + 1);
    EXPECT_TRUE(s->events() & event::out);
    EXPECT_EQ(send_to(s, "x", ip4(127, 0, 0, 1), 7).error(), errc{}) << "the loopback has no ring";
    net.card.waiting.clear();
    EXPECT_EQ(*s->unsent_bytes(), 0u);
}

TEST(udp, fragments_count_as_under_way_and_outlive_their_sender)
{
    host_with_full_card net;
    {
        open_socket s(net.left);
        ASSERT_TRUE(s->set_option(option::broadcast, 1));
        ASSERT_TRUE(s->set_option(option::ip_mtu_discover, 0));
        ASSERT_TRUE(send_to(s, std::string(20000, 'x'), ip4(10, 0, 0, 255), 7));
        EXPECT_GE(net.card.waiting.count(), 14u);
        EXPECT_GT(*s->unsent_bytes(), 20000u);
        EXPECT_LT(send_until_full(s, std::string(20000, 'x')), 20);
    }
    net.card.waiting.clear();
}

TEST(udp, every_length_arrives_whole)
{
    two_hosts net;
    open_socket server(net.right), client(net.left);
    ASSERT_TRUE(server->bind({any4, 7}));
    ASSERT_TRUE(client->connect({net.right_address(), 7}));
    for (size_t length : {0u, 1u, 1472u, 1473u, 2048u, 2049u, 9000u, 65'507u}) {
        std::string text(length, 'x');
        for (size_t i = 0; i < length; i++)
            text[i] = static_cast<char>(i * 7);
        ASSERT_EQ(send(client, text).value(), length);
        deliver_all();
        EXPECT_EQ(text_of(server), text) << length;
    }
    EXPECT_EQ(send(client, std::string(65'508, 'x')).error(), errc::emsgsize);
}

TEST(udp, truncation_and_peeking)
{
    two_hosts net;
    open_socket server(net.left), client(net.left);
    ASSERT_TRUE(server->bind({any4, 7}));
    ASSERT_TRUE(send_to(client, "0123456789", ip4(127, 0, 0, 1), 7));
    deliver_all();
    EXPECT_EQ(server->readable_bytes().value(), 10u);
    auto peeked = take(server, {.peek = true}, 4).take();
    EXPECT_EQ(peeked.text, "0123");
    EXPECT_TRUE(peeked.info.truncated);
    auto real = take(server, {.truncate_length = true}, 4).take();
    EXPECT_EQ(real.bytes, 10u);
    EXPECT_TRUE(real.info.truncated);
    EXPECT_EQ(take(server).error(), errc::eagain);
}

TEST(udp, bind_rules)
{
    two_hosts net;
    const auto fresh = [&](family f = family::ipv4) { return open_socket(net.left, f); };
    auto a = fresh(), b = fresh(), c = fresh(), d = fresh(), e = fresh(family::ipv6), f = fresh(family::ipv6);
    ASSERT_TRUE(a->bind({ip4(127, 0, 0, 1), 1000}));
    EXPECT_EQ(a->bind({any4, 1001}).error(), errc::einval);
    EXPECT_EQ(b->bind({ip4(127, 0, 0, 1), 1000}).error(), errc::eaddrinuse);
    EXPECT_EQ(b->bind({any4, 1000}).error(), errc::eaddrinuse);
    EXPECT_EQ(b->bind({ip4(1, 2, 3, 4), 1000}).error(), errc::eaddrnotavail);
    EXPECT_TRUE(b->bind({net.left_address(), 1000}));
    ASSERT_TRUE(c->set_option(option::ip_free_bind, 1));
    EXPECT_TRUE(c->bind({ip4(1, 2, 3, 4), 1000}));
    EXPECT_EQ(e->bind({ip_address(), 1000}).error(), errc::eaddrinuse) << "dual stack";
    ASSERT_TRUE(f->set_option(option::ipv6_only, 1));
    EXPECT_TRUE(f->bind({ip_address(), 1000}));
    EXPECT_EQ(f->set_option(option::ipv6_only, 0).error(), errc::einval);
    EXPECT_EQ(d->listen(1).error(), errc::eopnotsupp);
    ASSERT_TRUE(d->bind({any4, 0}));
    EXPECT_NE(d->local().port, 0);
}

TEST(udp, reused_ports)
{
    two_hosts net;
    open_socket first(net.left), second(net.left), third(net.left), client(net.left);
    for (auto* s : {&first, &second, &third})
        ASSERT_TRUE((*s)->set_option(option::reuse_port, 1));
    for (auto* s : {&first, &second, &third})
        ASSERT_TRUE((*s)->bind({any4, 2000}));
    std::array<int, 3> counts{};
    for (int i = 0; i < 300; i++) {
        open_socket sender(net.left);
        ASSERT_TRUE(send_to(sender, "x", ip4(127, 0, 0, 1), 2000));
        settle();
        counts[0] += take(first).has_value();
        counts[1] += take(second).has_value();
        counts[2] += take(third).has_value();
    }
    for (int n : counts)
        EXPECT_GT(n, 60);
    EXPECT_EQ(counts[0] + counts[1] + counts[2], 300);
}

TEST(udp, the_most_exact_socket_gets_it)
{
    two_hosts net;
    open_socket wild(net.right), exact(net.right), connected(net.right), client(net.left);
    for (auto* s : {&wild, &exact, &connected})
        ASSERT_TRUE((*s)->set_option(option::reuse_address, 1));
    ASSERT_TRUE(wild->bind({any4, 9}));
    ASSERT_TRUE(exact->bind({net.right_address(), 9}));
    ASSERT_TRUE(connected->bind({any4, 9}));
    ASSERT_TRUE(client->bind({any4, 4000}));
    ASSERT_TRUE(send_to(client, "one", net.right_address(), 9));
    deliver_all();
    EXPECT_EQ(text_of(exact), "one");
    ASSERT_TRUE(connected->connect({net.left_address(), 4000}));
    EXPECT_EQ(connected->local().address, net.right_address());
    ASSERT_TRUE(send_to(client, "two", net.right_address(), 9));
    deliver_all();
    EXPECT_EQ(text_of(connected), "two");
    ASSERT_TRUE(connected->disconnect());
    EXPECT_EQ(connected->peer().error(), errc::enotconn);
    EXPECT_TRUE(connected->local().address.is_any());
}

TEST(udp, dual_stack)
{
    two_hosts net;
    open_socket server(net.left, family::ipv6), client4(net.left), client6(net.left, family::ipv6);
    ASSERT_TRUE(server->bind({ip_address(), 80}));
    ASSERT_TRUE(send_to(client4, "four", ip4(127, 0, 0, 1), 80));
    ASSERT_TRUE(send_to(client6, "six", loopback6, 80));
    ASSERT_TRUE(send_to(client6, "mapped", ip4(127, 0, 0, 1), 80));
    deliver_all();
    EXPECT_EQ(take(server).take().info.address->address, ip4(127, 0, 0, 1));
    EXPECT_EQ(text_of(server), "six");
    EXPECT_EQ(text_of(server), "mapped");
}

TEST(udp, nobody_there)
{
    two_hosts net;
    open_socket connected(net.left), free(net.left), asking(net.left);
    ASSERT_TRUE(connected->connect({net.right_address(), 99}));
    ASSERT_TRUE(send(connected, "x"));
    ASSERT_TRUE(send_to(free, "x", net.right_address(), 99));
    ASSERT_TRUE(asking->set_option(option::ip_receive_error, 1));
    ASSERT_TRUE(send_to(asking, "quoted", net.right_address(), 99));
    deliver_all();
    EXPECT_TRUE(connected->events() & event::error);
    EXPECT_EQ(take(connected).error(), errc::econnrefused);
    EXPECT_EQ(take(connected).error(), errc::eagain);
    EXPECT_EQ(take(free).error(), errc::eagain) << "unconnected sockets do not hear of it";
    auto quoted = take(asking, {.error_queue = true}).take();
    EXPECT_EQ(quoted.text, "quoted");
    const auto e = asking->take_queued_error();
    ASSERT_TRUE(e);
    EXPECT_EQ(e->error, errc::econnrefused);
    EXPECT_EQ(e->offender.address, net.right_address());
    EXPECT_EQ(e->destination.port, 99);
    EXPECT_EQ(asking->events() & event::error, 0u);
}

TEST(udp, a_neighbour_that_does_not_answer)
{
    two_hosts net;
    open_socket s(net.left);
    ASSERT_TRUE(s->set_option(option::ip_receive_error, 1));
    ASSERT_TRUE(send_to(s, "x", ip4(10, 0, 0, 77), 5));
    run_for(seconds(4));
    EXPECT_EQ(take(s).error(), errc::ehostunreach);
    EXPECT_EQ(s->take_queued_error()->origin, error_queue::origin_local);
}

TEST(udp, addresses_that_cannot_be)
{
    two_hosts net;
    open_socket s(net.left), six(net.left, family::ipv6);
    EXPECT_EQ(send(s, "x").error(), errc::edestaddrreq);
    EXPECT_EQ(send_to(s, "x", net.right_address(), 0).error(), errc::einval);
    EXPECT_EQ(send_to(s, "x", ip4(8, 8, 8, 8), 5).error(), errc::enetunreach);
    EXPECT_EQ(send_to(s, "x", ip4(10, 0, 0, 255), 5).error(), errc::eacces);
    EXPECT_EQ(send_to(s, "x", ip4(255, 255, 255, 255), 5).error(), errc::eacces);
    EXPECT_EQ(s->connect({ip4(8, 8, 8, 8), 5}).error(), errc::enetunreach);
    ASSERT_TRUE(six->set_option(option::ipv6_only, 1));
    EXPECT_EQ(send_to(six, "x", ip4(127, 0, 0, 1), 5).error(), errc::enetunreach);
    EXPECT_EQ(s->shutdown(socket::direction::both).error(), errc::enotconn);
}

TEST(udp, broadcast)
{
    two_hosts net;
    open_socket server(net.right), own(net.left), client(net.left);
    ASSERT_TRUE(server->bind({any4, 67}));
    ASSERT_TRUE(own->bind({any4, 67}));
    ASSERT_TRUE(client->set_option(option::broadcast, 1));
    for (const auto& to : {ip4(10, 0, 0, 255), ip4(255, 255, 255, 255)}) {
        ASSERT_TRUE(send_to(client, "all", to, 67));
        deliver_all();
        EXPECT_EQ(text_of(server), "all");
        EXPECT_EQ(text_of(own), "all");
    }
}

TEST(udp, groups)
{
    two_hosts net;
    const ip_address group = ip4(239, 1, 1, 1);
    open_socket member(net.right), other(net.right), sender(net.left), own(net.left);
    for (auto* s : {&member, &other, &own})
        ASSERT_TRUE((*s)->set_option(option::reuse_address, 1));
    ASSERT_TRUE(member->bind({any4, 5000}));
    ASSERT_TRUE(other->bind({any4, 5000}));
    ASSERT_TRUE(own->bind({any4, 5000}));
    ASSERT_TRUE(other->set_option(option::ip_multicast_all, 0));
    EXPECT_EQ(member->join_group(ip4(1, 2, 3, 4), any4, 0).error(), errc::einval);
    EXPECT_EQ(member->join_group(group, any4, 77).error(), errc::enodev);
    ASSERT_TRUE(member->join_group(group, net.right_address(), 0));
    EXPECT_EQ(member->join_group(group, net.right_address(), 0).error(), errc::eaddrinuse);
    ASSERT_TRUE(own->join_group(group, any4, 0));
    ASSERT_TRUE(send_to(sender, "news", group, 5000));
    deliver_all();
    EXPECT_EQ(text_of(member), "news");
    EXPECT_EQ(take(other).error(), errc::eagain);
    EXPECT_EQ(text_of(own), "news") << "IP_MULTICAST_LOOP";
    ASSERT_TRUE(sender->set_option(option::ip_multicast_loop, 0));
    ASSERT_TRUE(member->leave_group(group, any4, 0));
    EXPECT_EQ(member->leave_group(group, any4, 0).error(), errc::eaddrnotavail);
    ASSERT_TRUE(send_to(sender, "more", group, 5000));
    deliver_all();
    EXPECT_EQ(take(member).error(), errc::eagain);
    EXPECT_EQ(take(own).error(), errc::eagain);
}

TEST(udp, what_goes_along)
{
    two_hosts net;
    open_socket server(net.right), client(net.left);
    ASSERT_TRUE(server->bind({any4, 6}));
    for (option o :
         {option::ip_packet_info, option::ip_receive_tos, option::ip_receive_ttl, option::timestamp})
        ASSERT_TRUE(server->set_option(o, 1));
    ASSERT_TRUE(client->set_option(option::ip_ttl, 9));
    EXPECT_EQ(client->set_option(option::ip_ttl, 0).error(), errc::einval);
    EXPECT_EQ(client->set_option(option::tcp_no_delay, 1).error(), errc::enoprotoopt);
    ASSERT_TRUE(send(client, "x", {.address = endpoint{net.right_address(), 6}, .traffic_class = u8{0x10}}));
    const nanoseconds before = timekeeping::wall_clock();
    deliver_all();
    const auto a = take(server).take();
    EXPECT_EQ(a.info.local, net.right_address());
    EXPECT_EQ(a.info.interface_index, net.right.eth0->index());
    EXPECT_EQ(a.info.traffic_class, 0x10);
    EXPECT_EQ(a.info.hop_limit, 9);
    EXPECT_GE(*a.info.received_at, before);
    EXPECT_LE(*a.info.received_at, timekeeping::wall_clock());
}

TEST(udp, the_queue_is_bounded)
{
    two_hosts net;
    open_socket server(net.left), client(net.left);
    ASSERT_TRUE(server->bind({any4, 6}));
    ASSERT_TRUE(server->set_option(option::receive_buffer, 10'000));
    EXPECT_EQ(server->get_option(option::receive_buffer).value(), 20'000);
    for (int i = 0; i < 100; i++) {
        ASSERT_TRUE(send_to(client, std::string(1000, 'x'), ip4(127, 0, 0, 1), 6));
        settle();
    }
    int count = 0;
    while (take(server))
        count++;
    EXPECT_GT(count, 10);
    EXPECT_LT(count, 20);
    EXPECT_EQ(net.left.stack->counters().udp.receive_buffer_errors.value(), 100u - count);
}

TEST(udp, many_ports)
{
    two_hosts net;
    std::vector<std::unique_ptr<open_socket>> all;
    for (int i = 0; i < 3000; i++) {
        all.push_back(std::make_unique<open_socket>(net.left));
        ASSERT_TRUE((*all.back())->bind({any4, 0}));
    }
    open_socket client(net.left);
    for (const auto& s : all) {
        ASSERT_TRUE(send_to(client, "x", ip4(127, 0, 0, 1), (*s)->local().port));
        settle();
        EXPECT_EQ(text_of(*s), "x");
    }
}

TEST(udp, segments_of_one_call)
{
    two_hosts net;
    open_socket server(net.right), client(net.left);
    ASSERT_TRUE(server->bind({any4, 6}));
    ASSERT_TRUE(send(client, "aaabbbc", {.address = endpoint{net.right_address(), 6}, .segment_size = 3}));
    deliver_all();
    EXPECT_EQ(text_of(server), "aaa");
    EXPECT_EQ(text_of(server), "bbb");
    EXPECT_EQ(text_of(server), "c");
}

TEST(udp, damaged_datagrams_are_dropped)
{
    two_hosts net(7, {.corruption = 1});
    open_socket server(net.right), client(net.left);
    ASSERT_TRUE(server->bind({any4, 6}));
    int arrived = 0;
    for (int i = 0; i < 300; i++) {
        ASSERT_TRUE(send_to(client, std::string(200, 'x'), net.right_address(), 6));
        deliver_all();
        while (auto a = take(server)) {
            EXPECT_EQ(a.value().text, std::string(200, 'x')); // the flipped bit was not in the datagram
            arrived++;
        }
    }
    EXPECT_LT(arrived, 30);
}
} // namespace
