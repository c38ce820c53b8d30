// What a socket asks of its connection: room to write, what to poll, how it goes (TCP_INFO).
#include <cstring>

#include "net/stack.hh"
#include "net/tcp/protocol.hh"
#include "net/tcp/tcp_info.hh"

namespace net::tcp
{
result<void> connection::bind_locked(const endpoint& local)
{
    if (_bound || _state != state::closed)
        return fail(errc::einval);
    const four_tuple before = _tuple;
    _tuple.local = local.address;
    _use.chosen = true;
    const auto port = _protocol.ports().bind(*this, local.port);
    if (!port) {
        _tuple = before;
        _use.chosen = false;
        return fail(port.error());
    }
    _tuple.local_port = *port;
    _bound = true;
    return {};
}

result<u32> connection::send_room_locked()
{
    if (_error != errc{})
        return fail(std::exchange(_error, errc{}));
    if (_state == state::syn_sent || _state == state::syn_received)
        return u32{0};
    if (_send_shut_down || !may_send(_state))
        return fail(errc::epipe);
    const u32 used = _queue.cost(), limit = send_limit();
    if (used >= limit) {
        _writer_waits = true;
        return u32{0};
    }
    return limit - used;
}

/// What the send queue may hold. Some is always allowed, so that no writer waits for others' connections.
u32 connection::send_limit() const
{
    const memory& m = _protocol.memory();
    if (!m.under_pressure()) [[likely]]
        return _send_buffer;
    return std::min(_send_buffer, m.exhausted() ? memory::least_send : memory::small_send);
}

/// Whether memory is at its limit and much of it is held here for nobody.
bool connection::in_the_way() const
{
    return _orphan && _protocol.memory().exhausted() && _queue.cost() > memory::most_of_orphan;
}

/// How far the window may open. Under pressure as Linux: four segments, and one at the limit.
u32 connection::receive_limit() const
{
    u32 limit = _receive_buffer / 2;
    if (chosen.window_clamp)
        limit = std::min(limit, chosen.window_clamp);
    const memory& m = _protocol.memory();
    if (m.under_pressure()) [[unlikely]]
        limit = std::min(limit, _receive_segment_size * (m.exhausted() ? 1 : 4));
    return limit;
}

void connection::account_for(u32 held)
{
    _protocol.memory().change(s64{held} - _accounted);
    _accounted = held;
}

packet_queue connection::take_ready_locked(size_t wanted)
{
    const u64 held = _received.footprint();
    packet_queue taken = _received.take();
    _taken = readable_locked() > wanted ? static_cast<u32>(held - _received.footprint()) : 0;
    account();
    return taken;
}

result<void> connection::send_locked(std::span<packet_slice> pieces, bool more)
{
    if (_error != errc{})
        return fail(std::exchange(_error, errc{}));
    if (_send_shut_down || !may_send(_state))
        return fail(errc::epipe);
    for (packet_slice& piece : pieces)
        TRY(_queue.push(std::move(piece)));
    _more = more;
    output(timekeeping::now());
    account();
    return {};
}

void connection::push_locked()
{
    _more = false;
    if (_queue.unsent() > 0)
        output(timekeeping::now());
}

bool connection::window_worth_announcing() const
{
    const u32 limit = _window_limit.load(std::memory_order_relaxed);
    const u32 possible = _read_to.load(std::memory_order_relaxed) + limit;
    const u32 gained = possible - _announced_edge.load(std::memory_order_relaxed);
    return limit > 0 && static_cast<s32>(gained) > 0 && gained >= limit / 4;
}

/// The application read a good part of the window. If it reads more in a round trip than ever before, the
/// buffer should hold what comes in two of them (dynamic right-sizing).
void connection::consumed_locked(instant now)
{
    if (_state == state::closed)
        return;
    const u32 read = _read_to.load(std::memory_order_relaxed) - _read_at_measurement;
    const nanoseconds trip = std::max<nanoseconds>(_rtt.smoothed(), microseconds(10));
    if (now - _measurement_begin >= trip) {
        if (read > _best_read && !chosen.receive_buffer_set && !_protocol.memory().under_pressure()) {
            _best_read = read;
            const u64 window = 2 * u64{read} + 16 * u64{_receive_segment_size};
            _receive_buffer = static_cast<u32>(
                std::clamp<u64>(2 * window, _receive_buffer, settings::greatest_receive_buffer));
        }
        _read_at_measurement += read;
        _measurement_begin = now;
    }
    if (may_receive(_state) && window_to_announce() > _receive_edge - _receive_next)
        send_ack(now);
}

/// As tcp(7) and poll(2) have it on Linux.
u32 connection::events_locked()
{
    u32 e = 0;
    if (_error != errc{})
        e |= event::error;
    if ((_receive_shut_down && _send_shut_down) || (_fin_received && _send_shut_down) ||
        _state == state::closed)
        e |= event::hang_up;
    if (_receive_shut_down || _fin_received)
        e |= event::readable;
    if (_state == state::syn_sent || _state == state::syn_received)
        return e;
    if (readable_locked() >= std::max(chosen.receive_low_water, 1u))
        e |= event::readable & ~event::read_hang_up;
    const bool has_room = _queue.cost() <= send_limit() / 3 * 2 &&
                          (chosen.not_sent_low_water == 0 || _queue.unsent() < chosen.not_sent_low_water);
    if (has_room || _send_shut_down || _state == state::closed)
        e |= event::writable;
    else
        _writer_waits = true;
    return e;
}

void connection::update_buffers_locked()
{
    if (chosen.receive_buffer_set)
        _receive_buffer = chosen.receive_buffer;
    if (chosen.send_buffer_set) {
        _send_buffer = chosen.send_buffer;
        wake_writer();
    }
}

void connection::set_quick_ack_locked(bool on)
{
    _interactive = !on;
    if (!on)
        return;
    _quick_acks = 16;
    if (_ack_later)
        send_ack(timekeeping::now());
}

size_t connection::describe_locked(std::span<std::byte> to)
{
    const auto count = [segment = std::max<u32>(_segment_size, 1)](u32 bytes) { return bytes / segment; };
    const auto since = [now = timekeeping::now()](instant t) {
        return static_cast<u32>(duration_cast<milliseconds>(now - t).count());
    };
    tcp_info i;
    i.state = static_cast<u8>(_state);
    i.ca_state = static_cast<u8>(_phase == phase::open ? 0 : _phase == phase::recovery ? 3 : 4);
    i.retransmits = _backoff;
    i.probes = _probes;
    i.backoff = _backoff;
    i.options =
        static_cast<u8>((_timestamps ? 1 : 0) | (_sack ? 2 : 0) | (_scaling ? 4 : 0) | (_ecn ? 8 : 0));
    i.window_scales = static_cast<u8>((_send_scale & 15) | _receive_scale << 4);
    i.rto = static_cast<u32>(duration_cast<microseconds>(_rtt.timeout()).count());
    i.ato = 40000;
    i.snd_mss = _segment_size;
    i.rcv_mss = _receive_segment_size;
    i.unacked = count(_queue.next() - _queue.begin());
    i.sacked = count(_queue.selectively_acknowledged());
    i.lost = count(_queue.lost());
    i.last_data_sent = i.last_ack_sent = since(_last_sent);
    i.last_data_recv = i.last_ack_recv = since(_last_arrival);
    i.pmtu = _path ? _path->mtu() : 0;
    i.rcv_ssthresh = _receive_buffer / 2;
    i.rtt = static_cast<u32>(_rtt.smoothed().count());
    i.rttvar = static_cast<u32>(_rtt.variation().count());
    i.snd_ssthresh = _congestion.threshold == congestion_state::no_threshold ? congestion_state::no_threshold
                                                                             : count(_congestion.threshold);
    i.snd_cwnd = count(_congestion.window);
    i.advmss = _announced_max_segment;
    i.reordering = 3;
    i.rcv_space = _best_read;
    i.total_retrans = _total_retransmissions;
    i.bytes_acked = _queue.begin() - _initial_send;
    i.bytes_received = _bytes_received;
    i.segs_out = _segments_out;
    i.segs_in = _segments_in;
    i.notsent_bytes = _queue.unsent();
    i.min_rtt = static_cast<u32>(_rtt.least().count());
    i.bytes_sent = _bytes_sent;
    i.snd_wnd = _send_window;
    i.rcv_wnd = _receive_edge - _receive_next;
    const size_t length = std::min(to.size(), sizeof i);
    std::memcpy(to.data(), &i, length);
    return length;
}
} // namespace net::tcp
