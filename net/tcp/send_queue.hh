// Bytes that were sent and not acknowledged, and those that wait to be sent.
//
//     acknowledged | chunk | chunk | chunk | chunk | chunk |
//                  begin()         sent | next()           end()
//
// A chunk is a piece of one buffer, which the packets that carry it share. A chunk that has been sent keeps
// when and what became of it; selective acknowledgements and segment borders split chunks, so all bytes of
// one have the same fate. The FIN is a chunk's last number.
//
// Chunks in flight also stand in the order of their sending, the oldest first: what RACK looks at (RFC 8985).
#pragma once

#include "core/base/intrusive.hh"
#include "core/device/packet.hh"
#include "net/tcp/sequence.hh"

namespace net::tcp
{
struct chunk {
    list_hook in_order;
    list_hook by_time;
    packet_slice bytes;
    sequence begin;
    bool sent : 1 = false;
    bool in_flight : 1 = false;     // in the list by time
    bool selectively : 1 = false;   // acknowledged by SACK
    bool lost : 1 = false;          // to be sent again
    bool retransmitted : 1 = false; // was sent more than once
    bool fin : 1 = false;           // a FIN follows its bytes
    u16 first_border = 0; // where the first segment of the packet ends that it went in; later ones follow
    instant sent_at{};

    u32 length() const { return bytes.length + fin; }
    sequence end() const { return begin + length(); }
};

class send_queue
{
  public:
    /// What a chunk and a buffer cost beside their bytes, for the send buffer's limit.
    static constexpr u32 overhead = 256;

    send_queue() = default;
    send_queue(const send_queue&) = delete;
    ~send_queue() { clear(); }

    /// Begins anew, empty, with the first byte at `first`.
    void start(sequence first);
    void clear();

    bool empty() const { return _chunks.empty(); }
    sequence begin() const { return _begin; }
    sequence next() const { return _next; }
    sequence end() const { return _end; }
    u32 unsent() const { return _end - _next; }
    u32 in_flight() const { return _in_flight; }
    u32 selectively_acknowledged() const { return _selectively; }
    u32 lost() const { return _lost; }
    /// Of the application's bytes; what they cost in all.
    u32 cost() const { return _cost; }
    bool has_fin() const { return _fin; }

    /// Adds bytes at the end. Errors: enomem.
    result<void> push(packet_slice bytes);
    /// Bytes that were never here are sent and acknowledged; only while it is empty.
    void pass(u32 bytes)
    {
        assert(empty());
        _begin += bytes;
        _next = _end = _begin;
    }
    /// Nothing follows. Errors: enomem.
    result<void> push_fin();
    /// The free bytes behind the last chunk's, if it was not sent yet; the next push() may be them.
    packet_slice tail() const;

    chunk* first() { return _chunks.empty() ? nullptr : &_chunks.front(); }
    chunk* following(chunk& c)
    {
        const auto next = ++_chunks.iterator_to(c);
        return next == _chunks.end() ? nullptr : &*next;
    }
    /// The first that was not sent.
    chunk* first_unsent() { return _unsent; }
    /// The oldest in flight.
    chunk* oldest() { return _by_time.empty() ? nullptr : &_by_time.front(); }
    /// The last that was sent.
    chunk* last_sent();
    chunk* following_by_time(chunk& c);
    /// The first that is lost and not sent again.
    chunk* first_lost();

    /// Splits `c` so that it ends at `at`, which lies inside it. Errors: enomem.
    result<void> split(chunk& c, sequence at);

    /// It goes out now.
    void sent(chunk& c, instant now);
    void mark_lost(chunk& c);
    void mark_selectively(chunk& c);
    /// The receiver took its promise back (RFC 2018 §8), or a time-out forgets.
    void forget_selective();
    /// Nothing was lost after all: it is in flight.
    void forget_losses();

    /// Drops the first chunk; the caller saw that it is acknowledged wholly.
    void drop_first();
    /// Drops the first `bytes` of the first chunk.
    void drop_part(u32 bytes);

  private:
    using order_list = intrusive::list<chunk, intrusive::member_hook<chunk, list_hook, &chunk::in_order>,
                                       intrusive::constant_time_size<false>>;
    using time_list = intrusive::list<chunk, intrusive::member_hook<chunk, list_hook, &chunk::by_time>,
                                      intrusive::constant_time_size<false>>;

    void leave_flight(chunk& c)
    {
        if (!c.in_flight)
            return;
        _by_time.erase(_by_time.iterator_to(c));
        c.in_flight = false;
        _in_flight -= c.length();
    }
    void forget_state(chunk& c)
    {
        leave_flight(c);
        if (c.lost)
            _lost -= c.length();
        if (c.selectively)
            _selectively -= c.length();
        c.lost = c.selectively = false;
    }

    order_list _chunks;
    time_list _by_time;
    chunk* _unsent = nullptr;
    sequence _begin, _next, _end;
    u32 _in_flight = 0;
    u32 _selectively = 0;
    u32 _lost = 0;
    u32 _cost = 0;
    bool _fin = false;
};
} // namespace net::tcp
