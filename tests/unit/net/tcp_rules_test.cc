// What single RFCs ask of a connection beside its states: cookies, blind attacks, old segments, probes,
// marks, the path's MTU and giving up, against a script.
#include "net/header/icmp.hh"
#include "tests/unit/net/tcp_script.hh"

namespace net::testing
{
namespace
{
tcp::state state_of(net::socket& s)
{
    return static_cast<tcp::state>(info_of(s).state);
}

tcp_options stamped(u32 value, u32 echo)
{
    tcp_options o;
    o.timestamp = tcp_options::timestamps{value, echo};
    return o;
}

/// How long it took until the host sent something.
nanoseconds wait_for_segment(script& s)
{
    const instant begin = timekeeping::now();
    while (s.seen.empty()) {
        if (!run_until([&] { return !s.seen.empty() || s.answer_arp; }, seconds(500))) {
            ADD_FAILURE() << "nothing was sent";
            break;
        }
        s.drain();
    }
    return timekeeping::now() - begin;
}

/// A router on the way says that a segment of the host did not fit (RFC 1191 §4).
void send_too_big(script& s, const script_segment& about, u16 mtu)
{
    constexpr size_t ip = sizeof(ethernet_header), icmp = ip + sizeof(ipv4_header), inner = icmp + 8;
    std::vector<std::byte> frame(inner + sizeof(ipv4_header) + 8);
    auto& e = *reinterpret_cast<ethernet_header*>(frame.data());
    e.destination = s.cable.end(0).address();
    e.source = s.cable.end(1).address();
    e.type = static_cast<u16>(ether_type::ipv4);
    const auto header = [&](size_t at, u8 protocol, u32 source, u32 destination, size_t length) {
        auto& h = *new (frame.data() + at) ipv4_header;
        h.total_length = static_cast<u16>(length);
        h.hop_limit = 64;
        h.protocol = protocol;
        h.source = source;
        h.destination = destination;
        h.checksum.complete(sum_bytes(0, std::span(frame).subspan(at, sizeof h)));
    };
    header(ip, 1, 0x0a000002, 0x0a000001, frame.size() - ip);
    header(inner, 6, 0x0a000001, 0x0a000002, sizeof(ipv4_header) + sizeof(tcp_header) + about.payload.size());
    const auto put = [&](size_t at, u32 value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; i++)
            frame[at + i] = static_cast<std::byte>(value >> 8 * (bytes - 1 - i));
    };
    put(icmp, 0x0304, 2);
    put(icmp + 6, mtu, 2);
    const size_t tcp = inner + sizeof(ipv4_header);
    put(tcp, script::host_port, 2);
    put(tcp + 2, script::peer_port, 2);
    put(tcp + 4, s.host_first + about.seq, 4);
    u32 sum = 0;
    for (size_t i = icmp; i < frame.size(); i += 2)
        sum += std::to_integer<u32>(frame[i]) << 8 | std::to_integer<u32>(frame[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put(icmp + 2, ~sum & 0xffff, 2);
    s.cable.end(0).inject(frame);
    s.drain();
}
} // namespace

TEST(tcp_rules, a_cookie_remembers_what_was_offered)
{
    script s;
    s.listen(1);
    s.peer_port_now = 41000; // takes the only place for what is half open
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.forget_sent();
    s.peer_port_now = script::peer_port;
    tcp_options offered = script::with_timestamp(1000);
    offered.window_scale = 7;
    s.send({.flags = syn, .seq = 0, .options = offered});
    const auto answer = s.expect(syn | ack, 0, 1);
    EXPECT_EQ(s.counters().tcp.syn_cookies_sent.value(), 1u);
    ASSERT_TRUE(answer.options.timestamp);
    s.send({.flags = ack,
            .seq = 1,
            .ack = 1,
            .window = 1000,
            .options = stamped(1001, answer.options.timestamp->value)});
    ASSERT_TRUE(s.listener->events() & event::in);
    s.socket = s.listener->accept().take();
    const auto info = info_of(*s.socket);
    EXPECT_EQ(info.state, static_cast<u8>(tcp::state::established));
    EXPECT_EQ(info.options & 7, 7);
    EXPECT_EQ(info.window_scales & 15, 7);
    EXPECT_EQ(info.snd_wnd, 1000u << 7);
    EXPECT_EQ(s.counters().tcp.syn_cookies_received.value(), 1u);
}

TEST(tcp_rules, a_wrong_cookie_is_reset)
{
    script s;
    s.listen(1);
    s.peer_port_now = 41000;
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.peer_port_now = script::peer_port;
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.forget_sent();
    s.send({.flags = ack, .seq = 1, .ack = 2});
    s.expect(rst, 2, 0);
    EXPECT_EQ(s.counters().tcp.syn_cookies_failed.value(), 1u);
    EXPECT_FALSE(s.listener->events() & event::in);
}

TEST(tcp_rules, who_guesses_numbers_gets_a_challenge)
{
    script s;
    s.accept();
    s.send({.flags = rst, .seq = 100});
    s.expect(ack, 1, 1);
    s.send({.flags = rst, .seq = 101}); // too soon for another answer
    s.expect_nothing();
    run_for(seconds(1));
    s.send({.flags = syn, .seq = 50, .options = script::usual()});
    s.expect(ack, 1, 1);
    run_for(seconds(1));
    s.send({.flags = ack | psh, .seq = 1, .ack = 70000, .payload = "injected"});
    s.expect(ack, 1, 1);
    EXPECT_EQ(error_of(read(*s.socket)), errc::eagain);
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
    s.send({.flags = rst, .seq = 1});
    EXPECT_EQ(s.socket->take_error(), errc::econnreset);
}

TEST(tcp_rules, old_timestamps_tell_old_segments)
{
    script s;
    s.accept(script::with_timestamp(1000));
    const u32 echo = s.synack.options.timestamp->value;
    s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "a", .options = stamped(1002, echo)});
    EXPECT_EQ(*read(*s.socket), "a");
    s.forget_sent();
    s.send({.flags = ack | psh, .seq = 2, .ack = 1, .payload = "old", .options = stamped(900, echo)});
    s.expect(ack, 1, 2);
    EXPECT_EQ(error_of(read(*s.socket)), errc::eagain);
    run_for(seconds(25 * 24 * 3600)); // so long that it may be a new one (RFC 7323 §5.5)
    s.send({.flags = ack | psh, .seq = 2, .ack = 1, .payload = "new", .options = stamped(900, echo)});
    EXPECT_EQ(*read(*s.socket), "new");
}

TEST(tcp_rules, keep_alive_asks_and_gives_up)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->set_option(option::tcp_keep_idle, 10));
    ASSERT_TRUE(s.socket->set_option(option::tcp_keep_interval, 5));
    ASSERT_TRUE(s.socket->set_option(option::tcp_keep_count, 3));
    ASSERT_TRUE(s.socket->set_option(option::keep_alive, 1));
    EXPECT_EQ(wait_for_segment(s), nanoseconds(seconds(10)));
    s.expect(ack, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1});
    EXPECT_EQ(wait_for_segment(s), nanoseconds(seconds(10)));
    for (int i = 0; i < 2; i++) {
        s.expect(ack, 0, 1);
        EXPECT_EQ(wait_for_segment(s), nanoseconds(seconds(5)));
    }
    s.expect(ack, 0, 1);
    run_for(seconds(4));
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
    run_for(seconds(1));
    s.expect(rst | ack, 1, 1);
    EXPECT_EQ(s.socket->take_error(), errc::etimedout);
}

TEST(tcp_rules, probes_of_a_closed_window_come_ever_more_rarely)
{
    script s;
    s.accept();
    s.send({.flags = ack, .seq = 1, .ack = 1, .window = 0});
    ASSERT_TRUE(write(*s.socket, "hello"));
    s.expect_nothing();
    nanoseconds before = wait_for_segment(s);
    for (int i = 0; i < 6; i++) {
        s.expect(ack, 0, 1);
        s.send({.flags = ack, .seq = 1, .ack = 1, .window = 0});
        const nanoseconds pause = wait_for_segment(s);
        EXPECT_GE(pause, before + before / 2) << "probe " << i;
        before = pause;
    }
    s.expect(ack, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1, .window = 100});
    s.expect(ack | psh, 1, 1, 5);
    s.send({.flags = ack, .seq = 1, .ack = 6, .window = 0});
    ASSERT_TRUE(write(*s.socket, "again"));
    EXPECT_LE(wait_for_segment(s), nanoseconds(seconds(1))); // a new series
}

TEST(tcp_rules, the_user_timeout_counts_while_the_window_stays_closed)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->set_option(option::tcp_user_timeout, 5000));
    s.send({.flags = ack, .seq = 1, .ack = 1, .window = 0});
    ASSERT_TRUE(write(*s.socket, "hello"));
    const instant begin = timekeeping::now();
    while (state_of(*s.socket) == tcp::state::established && timekeeping::now() < begin + seconds(60)) {
        run_for(milliseconds(100));
        if (!s.seen.empty()) {
            s.forget_sent();
            s.send({.flags = ack, .seq = 1, .ack = 1, .window = 0});
        }
    }
    EXPECT_GE(timekeeping::now() - begin, nanoseconds(seconds(5)));
    EXPECT_LE(timekeeping::now() - begin, nanoseconds(seconds(6)));
    EXPECT_EQ(s.socket->take_error(), errc::etimedout);
}

TEST(tcp_rules, the_user_timeout_is_not_late_by_a_pause)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->set_option(option::tcp_user_timeout, 3000));
    run_for(seconds(100)); // neither the handshake nor idle time counts
    ASSERT_TRUE(write(*s.socket, "hello"));
    run_for(milliseconds(3500));
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
    run_for(milliseconds(600)); // counted from the first time-out, as Linux does
    EXPECT_EQ(s.socket->take_error(), errc::etimedout);
}

TEST(tcp_rules, congestion_marks_are_echoed_until_they_were_heard)
{
    script s;
    s.listen();
    s.send({.flags = syn | ece | cwr, .seq = 0, .options = script::usual()});
    s.expect(syn | ack | ece, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1});
    s.socket = s.listener->accept().take();
    s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "a", .traffic_class = 3});
    s.expect(ack | ece, 1, 2);
    s.send({.flags = ack | psh, .seq = 2, .ack = 1, .payload = "b", .traffic_class = 2});
    s.expect(ack | ece, 1, 3);
    s.send({.flags = ack | psh | cwr, .seq = 3, .ack = 1, .payload = "c", .traffic_class = 2});
    s.expect(ack, 1, 4);
}

TEST(tcp_rules, an_echoed_mark_makes_the_window_smaller_once)
{
    script s;
    s.listen();
    s.send({.flags = syn | ece | cwr, .seq = 0, .options = script::usual()});
    s.forget_sent();
    s.send({.flags = ack, .seq = 1, .ack = 1});
    s.socket = s.listener->accept().take();
    ASSERT_TRUE(write(*s.socket, std::string(4 * 1460, 'x')));
    const auto first = s.take();
    EXPECT_EQ(first.traffic_class & 3, 2); // ECT(0)
    s.forget_sent();
    const u32 before = info_of(*s.socket).snd_cwnd;
    s.send({.flags = ack | ece, .seq = 1, .ack = 1 + 1460});
    const u32 after = info_of(*s.socket).snd_cwnd;
    EXPECT_LT(after, before);
    s.send({.flags = ack | ece, .seq = 1, .ack = 1 + 2 * 1460});
    EXPECT_GE(info_of(*s.socket).snd_cwnd, after);
    ASSERT_TRUE(write(*s.socket, std::string(1460, 'y')));
    EXPECT_TRUE(s.take().flags & cwr);
}

TEST(tcp_rules, what_did_not_fit_the_path_comes_in_smaller_pieces)
{
    script s;
    s.accept();
    ASSERT_TRUE(write(*s.socket, std::string(1460, 'x')));
    const auto lost = s.expect(ack | psh, 1, 1, 1460);
    send_too_big(s, lost, 1000);
    s.expect(ack, 1, 1, 960);
    s.send({.flags = ack, .seq = 1, .ack = 961});
    s.expect(ack | psh, 961, 1, 500);
}

TEST(tcp_rules, a_listener_says_so)
{
    script s;
    s.listen();
    EXPECT_EQ(state_of(*s.listener), tcp::state::listen);
}
} // namespace net::testing
