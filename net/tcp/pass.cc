// Bytes between two connections of this stack, without a segment.
//
// On the loopback the other end is an object at hand. Where a segment would go out at once, arrive as the
// expected one, and be acknowledged at once, pass_locked() does what these three lead to, under both
// connections' locks: the bytes stand in the receive queue, and the numbers and windows of both ends are as
// after the acknowledgement. So nothing waits in the send queue, no deadline is set, and nothing is lost.
// Everything else, from the handshake over a closed window to the FIN, goes by segments, which find both ends
// in a state that segments could have made; the two ways may alternate at any time.
//
// The two locks are taken the lower address first (two_locks).
#include "net/interface/interface.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
namespace
{
bool mirrored(const four_tuple& a, const four_tuple& b)
{
    return a.local_port == b.remote_port && a.remote_port == b.local_port && a.local == b.remote &&
           a.remote == b.local;
}

/// Null: no memory.
packet_ptr packet_of_pieces(std::span<packet_slice> pieces)
{
    auto made = packet::create(0, 0);
    if (!made)
        return nullptr;
    for (const packet_slice& piece : pieces)
        if (!made.value()->append(piece))
            return nullptr;
    return made.take();
}
} // namespace

/// Whether the next bytes would leave at once, and by the loopback: everything before is acknowledged.
bool connection::may_pass_locked() const
{
    return _state == state::established && _queue.empty() && _phase == phase::open && !chosen.cork && _path &&
           _path->out().is_loopback() && _path->current();
}

/// Whether a segment of `from` that begins at `begin` would be the expected one.
bool connection::may_take_passed(const connection& from, sequence begin) const
{
    return _state == state::established && begin == _receive_next && !_fin_known && !_received.has_gap() &&
           !_receive_shut_down && !_orphan && !_protocol.memory().exhausted() &&
           mirrored(_tuple, from._tuple);
}

/// The window as an acknowledgement would announce it, for `length` more bytes. Who is told must take it
/// over: nobody else will say it again.
u32 connection::pass_window(u32 length)
{
    const u32 room = _receive_edge - _receive_next;
    if (room < length || room < _window_limit.load(std::memory_order_relaxed) / 2)
        announce_window();
    return _receive_edge - _receive_next;
}

bool connection::pass_locked(connection& to, packet_ptr& single, std::span<packet_slice> pieces, u32 length)
{
    if (!may_pass_locked() || !to.may_take_passed(*this, _queue.next()))
        return false;
    _send_window = to.pass_window(length);
    _greatest_send_window = std::max(_greatest_send_window, _send_window);
    if (length > _send_window)
        return false;
    packet_ptr p = single ? std::move(single) : packet_of_pieces(pieces);
    if (!p)
        return false;
    const instant now = timekeeping::now();
    if (_ack_now || _ack_later)
        acknowledge_to(to, now);
    _queue.pass(length);
    _bytes_sent += length;
    _segments_out++;
    _last_sent = now;
    to.take_passed(std::move(p), length, now);
    // As the acknowledgement would say.
    _send_window -= length;
    _window_from_begin = _receive_next;
    _window_from_ack = _small_end = _highest_delivered = _queue.begin();
    count_passed();
    return true;
}

/// The other end's side.
void connection::take_passed(packet_ptr p, u32 length, instant now)
{
    _segments_in++;
    _last_arrival = now;
    _window_from_begin = _receive_next;
    p->control<unread>() = {0};
    store_data(std::move(p), length);
    _last_ack_sent = _receive_next;
    account();
    tell_reader();
}

/// An acknowledgement that is due for what came by segments; the bytes would carry it.
[[gnu::noinline]] void connection::acknowledge_to(connection& to, instant now)
{
    const segment s{.begin = _queue.next(),
                    .acknowledgement = _receive_next,
                    .window = announce_window(),
                    .flags = tcp_header::ack,
                    .at = now};
    _last_ack_sent = _receive_next;
    _ack_now = _ack_later = false;
    stop(deadline::delayed_ack);
    to.acknowledged(s, true);
    to.finish_arrival(now);
    to.account();
}

/// Programs that read /proc/net/snmp find these bytes among the segments.
void connection::count_passed() const
{
    auto& all = _protocol.stack().counters();
    auto& ip = _tuple.remote.is_ipv4() ? all.ip4 : all.ip6;
    ip.sent++;
    ip.received++;
    ip.delivered++;
    all.tcp.segments_out++;
    all.tcp.segments_in++;
}
} // namespace net::tcp
