// One connection through its states (RFC 9293 §3.3.2, §3.10), against a script.
#include "tests/unit/net/tcp_script.hh"

namespace net::testing
{
namespace
{
tcp::state state_of(net::socket& s)
{
    return static_cast<tcp::state>(info_of(s).state);
}
} // namespace

TEST(tcp_states, passive_open)
{
    script s;
    s.accept();
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
    EXPECT_EQ(*s.synack.options.max_segment, 1460);
    EXPECT_TRUE(s.synack.options.sack_permitted);
    EXPECT_TRUE(s.synack.options.window_scale.has_value());
    EXPECT_EQ(s.socket->peer()->port, script::peer_port);
    s.expect_nothing();
}

TEST(tcp_states, options_that_were_not_offered_are_not_answered)
{
    script s;
    tcp_options only_size;
    only_size.max_segment = 1000;
    s.accept(only_size);
    EXPECT_FALSE(s.synack.options.sack_permitted);
    EXPECT_FALSE(s.synack.options.window_scale);
    EXPECT_FALSE(s.synack.options.timestamp);
    ASSERT_TRUE(write(*s.socket, std::string(1500, 'x')));
    s.expect(ack, 1, 1, 1000);
    s.expect(ack | psh, 1001, 1, 500);
}

TEST(tcp_states, active_open)
{
    script s;
    s.connect();
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
    EXPECT_NE(s.socket->events() & event::out, 0u);
    EXPECT_TRUE(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})); // it went well, says the first
    EXPECT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::eisconn);
}

TEST(tcp_states, refused)
{
    script s;
    s.socket = stream_socket(s.stack());
    ASSERT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::einprogress);
    EXPECT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::ealready);
    s.expect(syn, 0, 0);
    s.send({.flags = rst | ack, .seq = 0, .ack = 2}); // of something else
    EXPECT_EQ(state_of(*s.socket), tcp::state::syn_sent);
    s.send({.flags = rst | ack, .seq = 0, .ack = 1});
    EXPECT_NE(s.socket->events() & (event::error | event::hang_up), 0u);
    EXPECT_EQ(s.socket->take_error(), errc::econnrefused);
    EXPECT_EQ(s.socket->take_error(), errc{});
    s.expect_nothing();
}

TEST(tcp_states, the_syn_is_repeated_and_given_up)
{
    script s;
    s.socket = stream_socket(s.stack());
    ASSERT_TRUE(s.socket->set_option(option::tcp_syn_count, 2));
    ASSERT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::einprogress);
    s.expect(syn, 0, 0);
    run_for(milliseconds(1100));
    s.expect(syn, 0, 0);
    run_for(milliseconds(2100));
    s.expect(syn, 0, 0);
    run_for(milliseconds(4100));
    s.expect_nothing();
    EXPECT_EQ(s.socket->take_error(), errc::etimedout);
}

TEST(tcp_states, both_open_at_once)
{
    script s;
    s.socket = stream_socket(s.stack());
    ASSERT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::einprogress);
    s.expect(syn, 0, 0);
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.expect(syn | ack, 0, 1);
    EXPECT_EQ(state_of(*s.socket), tcp::state::syn_received);
    s.send({.flags = syn | ack, .seq = 0, .ack = 1, .options = script::usual()});
    EXPECT_EQ(state_of(*s.socket), tcp::state::established);
}

TEST(tcp_states, wrong_acknowledgement_of_a_syn_is_reset)
{
    script s;
    s.socket = stream_socket(s.stack());
    ASSERT_EQ(error_of(s.socket->connect({ip4(10, 0, 0, 2), script::peer_port})), errc::einprogress);
    s.expect(syn, 0, 0);
    s.send({.flags = syn | ack, .seq = 0, .ack = 77});
    s.expect(rst, 77, 0);
    EXPECT_EQ(state_of(*s.socket), tcp::state::syn_sent);
}

TEST(tcp_states, a_lost_answer_to_a_syn_is_repeated)
{
    script s;
    s.listen();
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.expect(syn | ack, 0, 1);
    s.send({.flags = syn, .seq = 0, .options = script::usual()}); // it did not get it
    s.expect(syn | ack, 0, 1);
    run_for(milliseconds(1100));
    s.expect(syn | ack, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1});
    EXPECT_NE(s.listener->events() & event::in, 0u);
    s.expect_nothing();
}

TEST(tcp_states, data_may_come_with_the_last_segment_of_the_handshake)
{
    script s;
    s.listen();
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.expect(syn | ack, 0, 1);
    s.send({.flags = ack | psh | fin, .seq = 1, .ack = 1, .payload = "all"});
    s.socket = s.listener->accept().take();
    EXPECT_EQ(*read(*s.socket), "all");
    EXPECT_EQ(*read(*s.socket), "");
    EXPECT_EQ(state_of(*s.socket), tcp::state::close_wait);
}

TEST(tcp_states, nobody_listens)
{
    script s;
    s.send({.flags = syn, .seq = 5});
    const auto answer = s.take();
    EXPECT_EQ(answer.flags, rst | ack);
    EXPECT_EQ(answer.ack, 6u);
    s.send({.flags = ack, .seq = 5, .ack = 99});
    EXPECT_EQ(s.take().flags, rst);
    s.send({.flags = rst, .seq = 5});
    s.expect_nothing();
}

TEST(tcp_states, the_other_side_closes_first)
{
    script s;
    s.accept();
    s.send({.flags = fin | ack, .seq = 1, .ack = 1});
    s.expect(ack, 1, 2);
    EXPECT_EQ(state_of(*s.socket), tcp::state::close_wait);
    EXPECT_EQ(s.socket->events() & (event::in | event::read_hang_up | event::hang_up),
              event::in | event::read_hang_up);
    ASSERT_TRUE(write(*s.socket, "still"));
    s.expect(ack | psh, 1, 2, 5);
    s.socket->close();
    s.expect(fin | ack | psh, 6, 2);
    s.send({.flags = ack, .seq = 2, .ack = 7});
    s.expect_nothing();
    s.send({.flags = ack, .seq = 2, .ack = 7}); // it is gone
    EXPECT_EQ(s.take().flags, rst);
}

TEST(tcp_states, we_close_first)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->shutdown(net::socket::direction::write));
    s.expect(fin | ack | psh, 1, 1);
    EXPECT_EQ(state_of(*s.socket), tcp::state::fin_wait_1);
    EXPECT_EQ(error_of(write(*s.socket, "x")), errc::epipe);
    s.send({.flags = ack, .seq = 1, .ack = 2});
    EXPECT_EQ(state_of(*s.socket), tcp::state::fin_wait_2);
    s.send({.flags = ack | psh, .seq = 1, .ack = 2, .payload = "late"});
    s.forget_sent();
    EXPECT_EQ(*read(*s.socket), "late");
    s.send({.flags = fin | ack, .seq = 5, .ack = 2});
    s.expect(ack, 2, 6);
    EXPECT_EQ(*read(*s.socket), "");
    // TIME_WAIT answers a FIN that comes again, for a minute.
    run_for(seconds(30));
    s.send({.flags = fin | ack, .seq = 5, .ack = 2});
    s.expect(ack, 2, 6);
    run_for(seconds(59));
    s.send({.flags = fin | ack, .seq = 5, .ack = 2});
    s.expect(ack, 2, 6);
    run_for(seconds(61));
    s.send({.flags = fin | ack, .seq = 5, .ack = 2});
    EXPECT_EQ(s.take().flags, rst);
}

TEST(tcp_states, both_close_at_once)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->shutdown(net::socket::direction::write));
    s.expect(fin | ack | psh, 1, 1);
    s.send({.flags = fin | ack, .seq = 1, .ack = 1});
    s.expect(ack, 2, 2);
    EXPECT_EQ(state_of(*s.socket), tcp::state::closing);
    s.send({.flags = ack, .seq = 2, .ack = 2});
    s.send({.flags = fin | ack, .seq = 1, .ack = 1});
    s.expect(ack, 2, 2); // from TIME_WAIT
}

TEST(tcp_states, fin_with_acknowledgement_of_ours)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->shutdown(net::socket::direction::write));
    s.expect(fin | ack | psh, 1, 1);
    s.send({.flags = fin | ack, .seq = 1, .ack = 2});
    s.expect(ack, 2, 2);
    EXPECT_NE(s.socket->events() & event::hang_up, 0u);
}

TEST(tcp_states, fin_wait_2_without_anybody_ends)
{
    script s;
    s.accept();
    s.socket->close();
    s.expect(fin | ack | psh, 1, 1);
    s.send({.flags = ack, .seq = 1, .ack = 2});
    run_for(seconds(61));
    s.send({.flags = fin | ack, .seq = 1, .ack = 2});
    EXPECT_EQ(s.take().flags, rst);
}

TEST(tcp_states, data_for_a_closed_socket_is_reset)
{
    script s;
    s.accept();
    s.socket->close();
    s.expect(fin | ack | psh, 1, 1);
    s.send({.flags = ack | psh, .seq = 1, .ack = 2, .payload = "hello?"});
    EXPECT_NE(s.take().flags & rst, 0);
    EXPECT_EQ(s.counters().tcp.abort_on_data.value(), 1u);
}

TEST(tcp_states, close_with_unread_data_resets)
{
    script s;
    s.accept();
    s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "unread"});
    s.forget_sent();
    s.socket->close();
    s.expect(rst | ack, 1, 7);
}

TEST(tcp_states, linger_of_zero_resets)
{
    script s;
    s.accept();
    ASSERT_TRUE(s.socket->set_linger({.on = true, .seconds = 0}));
    s.socket->close();
    s.expect(rst | ack, 1, 1);
}

TEST(tcp_states, a_reset_is_told)
{
    script s;
    s.accept();
    s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "last words"});
    s.forget_sent();
    s.send({.flags = rst, .seq = 11});
    EXPECT_EQ(s.socket->events() & (event::error | event::hang_up), event::error | event::hang_up);
    EXPECT_EQ(*read(*s.socket), "last words"); // what came can be read
    EXPECT_EQ(error_of(read(*s.socket)), errc::econnreset);
    EXPECT_EQ(*read(*s.socket), "");
    EXPECT_EQ(error_of(write(*s.socket, "x")), errc::epipe);
}

TEST(tcp_states, half_open_connections_time_out)
{
    script s;
    s.listen();
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    run_for(seconds(200));
    EXPECT_EQ(s.seen.size(), 6u); // tcp_synack_retries
    s.forget_sent();
    s.send({.flags = ack, .seq = 1, .ack = 1});
    EXPECT_EQ(s.take().flags, rst);
}

TEST(tcp_states, closing_the_listener_resets_what_nobody_accepted)
{
    script s;
    s.listen();
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.expect(syn | ack, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1});
    s.listener->close();
    s.expect(rst | ack, 1, 1);
}

TEST(tcp_states, defer_accept_waits_for_data)
{
    script s;
    s.listen();
    ASSERT_TRUE(s.listener->set_option(option::tcp_defer_accept, 5));
    s.send({.flags = syn, .seq = 0, .options = script::usual()});
    s.expect(syn | ack, 0, 1);
    s.send({.flags = ack, .seq = 1, .ack = 1});
    EXPECT_EQ(s.listener->events() & event::in, 0u);
    s.send({.flags = ack | psh, .seq = 1, .ack = 1, .payload = "GET"});
    EXPECT_NE(s.listener->events() & event::in, 0u);
}
} // namespace net::testing
