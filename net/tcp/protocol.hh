// TCP of one stack: where segments come in, and the tables that find their connection.
//
// receive() looks the four numbers up in one of 64 shards, holding its lock only until the connection is
// referenced; the connection does the rest under its own. A segment without a connection may be for a
// listener, found by its port; else it is answered by a reset.
#pragma once

#include "net/tcp/connection.hh"
#include "net/tcp/cookie.hh"
#include "net/tcp/memory.hh"
#include "net/tcp/ports.hh"
#include "net/tcp/shard.hh"

namespace net
{
class stack;
}

namespace net::tcp
{
class protocol
{
  public:
    /// Errors: enomem.
    static result<unique_ptr<protocol>> create(net::stack& s);
    /// No packet comes and no thread calls any more.
    ~protocol();

    /// From ip: the packet begins with the TCP header; its checksum was not looked at. Any context.
    void receive(packet_ptr p, const ip_info& info);

    /// A segment with its payload from one of our connections to ourselves, without the bytes of a header. It
    /// arrives by deferred work.
    void loop_back(packet_ptr p, const segment& s, const four_tuple& from, net::interface& lo);

    /// The connection with these four numbers; null if there is none.
    ref_ptr<connection> find(const four_tuple& t);

    /// A packet of ours came to grief; `head`: the first bytes of its TCP header.
    void error(const icmp_error& e, std::span<const std::byte> head);

    /// Errors: enomem.
    result<ref_ptr<net::socket>> make_socket(family f);

    net::stack& stack() const { return _stack; }
    tcp::ports& ports() { return _ports; }
    const cookies& syn_cookies() const { return _cookies; }

    /// Enters a connection by its four numbers, with a reference. Where TIME_WAIT has them and it is safe,
    /// that entry goes and `*before` says what it knew (RFC 6191). Errors: eaddrinuse, enomem.
    result<void> enter(connection& c, std::optional<time_wait::origin>* before);
    /// Whether it was there; the caller then has the table's reference.
    bool leave(connection& c);
    /// `entry` takes the place and the port of a connection, whose reference goes to the caller. False: no
    /// memory.
    bool enter_time_wait(connection& c, time_wait& entry);

    /// What all queues hold.
    tcp::memory& memory() { return _memory; }

    /// Whether our SYNs offer ECN; what others offer is always accepted (as tcp_ecn 1 and 2).
    bool request_ecn = false;

    /// RFC 6528.
    sequence initial_sequence(const four_tuple& t, instant now) const;
    /// Where the clock of timestamps between two hosts begins.
    u32 timestamp_offset(const four_tuple& t) const;

    /// Calls visit(const flow&) for every connection and entry of TIME_WAIT, under locks of the tables; for
    /// /proc/net/tcp.
    template <class Visit>
    void for_each_flow(Visit visit)
    {
        for (shard& s : _shards)
            s.for_each(visit);
    }

  private:
    explicit protocol(net::stack& s);

    shard& shard_of(u32 hash) { return _shards[hash >> 26]; }
    bool checksum_ok(packet& p, const ip_info& info) const;
    void arrive(const four_tuple& t, segment& s, packet_ptr p, net::interface& in);
    static void arrive_looped(net::interface& in, packet_ptr p);
    void without_connection(const four_tuple& t, u32 hash, segment& s, packet_ptr p, net::interface* link);
    void answer(const four_tuple& t, u8 flags, sequence begin, sequence acknowledgement, u16 window,
                const std::optional<tcp_options::timestamps>& stamps, net::interface* in);
    void reset(const four_tuple& t, const segment& s, net::interface* in);

    net::stack& _stack;
    tcp::ports _ports;
    tcp::memory _memory;
    std::array<shard, 64> _shards;
    const hash_key _table_key = hash_key::random();
    const hash_key _sequence_key = hash_key::random();
    const hash_key _timestamp_key = hash_key::random();
    cookies _cookies;
};
} // namespace net::tcp
