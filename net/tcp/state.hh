// The states of a connection (RFC 9293 §3.3.2), with Linux's numbers, which TCP_INFO and /proc/net/tcp show.
//
//     closed -> syn_sent -> established                        active open
//     closed -> syn_received -> established                    passive open; also from syn_sent (both at
//     once) established -> fin_wait_1 -> fin_wait_2 -> time_wait     we close first
//                    fin_wait_1 -> closing -> time_wait        both at once
//     established -> close_wait -> last_ack -> closed          the other side closes first
//
// listen is a state of sockets only (net/tcp/listener.hh), and time_wait one of what is left of a connection
// (net/tcp/time_wait.hh): no connection object is in them.
#pragma once

#include "core/base/types.hh"

namespace net::tcp
{
enum class state : u8 {
    established = 1,
    syn_sent = 2,
    syn_received = 3,
    fin_wait_1 = 4,
    fin_wait_2 = 5,
    time_wait = 6,
    closed = 7,
    close_wait = 8,
    last_ack = 9,
    listen = 10,
    closing = 11,
};

/// Whether the other side's sequence numbers are known.
constexpr bool synchronised(state s)
{
    return s != state::closed && s != state::listen && s != state::syn_sent;
}
/// Whether the application may still send.
constexpr bool may_send(state s)
{
    return s == state::established || s == state::close_wait;
}
/// Whether more data may arrive.
constexpr bool may_receive(state s)
{
    return s == state::established || s == state::fin_wait_1 || s == state::fin_wait_2;
}
/// Whether we have sent or are about to send our FIN.
constexpr bool finishing(state s)
{
    return s == state::fin_wait_1 || s == state::fin_wait_2 || s == state::closing || s == state::last_ack;
}
} // namespace net::tcp
