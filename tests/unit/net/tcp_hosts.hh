// Two hosts with a TCP connection between them, and what tests do with sockets.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/tcp/protocol.hh"
#include "net/tcp/tcp_info.hh"
#include "net/testing/two_hosts.hh"

namespace net::testing
{
using socket_ref = ref_ptr<net::socket>;

inline socket_ref stream_socket(net::stack& s, family f = family::ipv4)
{
    return s.make_socket(f, socket_type::stream, 0).take();
}

inline result<size_t> write(net::socket& s, std::string_view bytes, send_options options = {})
{
    io_buffer from = io_buffer::of_kernel(std::as_bytes(std::span(bytes)));
    return s.send(from, {}, options);
}

inline result<std::string> read(net::socket& s, size_t most = 65536, receive_options options = {})
{
    std::string bytes(most, 0);
    io_buffer to = io_buffer::of_kernel(std::as_writable_bytes(std::span(bytes)));
    auto got = s.receive(to, nullptr, options);
    if (!got)
        return fail(got.error());
    bytes.resize(*got);
    return bytes;
}

inline errc error_of(const auto& r)
{
    return r ? errc{} : r.error();
}

inline tcp::tcp_info info_of(net::socket& s)
{
    tcp::tcp_info i;
    EXPECT_TRUE(s.describe_tcp(std::as_writable_bytes(std::span(&i, 1))));
    return i;
}

/// A listener on the right host, and a connection to it from the left one.
struct connected_hosts : two_hosts {
    static constexpr u16 port = 80;

    using two_hosts::two_hosts;
    ~connected_hosts() { finish(); }

    void listen(unsigned backlog = 16)
    {
        listener = stream_socket(*right.stack);
        ASSERT_TRUE(listener->bind({right_address(), port}));
        ASSERT_TRUE(listener->listen(backlog));
    }

    void connect()
    {
        if (!listener)
            listen();
        client = stream_socket(*left.stack);
        ASSERT_EQ(error_of(client->connect({right_address(), port})), errc::einprogress);
        ASSERT_TRUE(run_until([&] { return (listener->events() & event::in) != 0; }, seconds(60)));
        server = listener->accept().take();
        ASSERT_EQ(client->take_error(), errc{});
        ASSERT_TRUE(run_until([&] { return (client->events() & event::out) != 0; }, seconds(60)));
    }

    void close_all()
    {
        for (socket_ref* s : {&client, &server, &listener}) {
            if (*s)
                (*s)->close();
            *s = nullptr;
        }
    }

    /// Nothing is left: no timer, no connection.
    void finish()
    {
        close_all();
        run_for(seconds(1000));
        for (host* h : {&left, &right})
            h->stack->tcp().for_each_flow([](tcp::flow&) { ADD_FAILURE() << "a connection is left"; });
    }

    socket_ref listener, client, server;
};
} // namespace net::testing
