// How a connection begins: by a SYN of ours, by one of theirs, or both at once (RFC 9293 §3.5, §3.10.1).
#include "net/header/checksum.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/tcp/listener.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
#ifndef KILN_DEBUG
static_assert(sizeof(connection) <= 816,
              "core/mm/slab.hh has a size for it: above, a connection costs 80 bytes more");
#endif

connection::connection(protocol& p) : flow(kind::connection), timer(&timer_fired), _protocol(p)
{
    for (instant& d : _deadlines)
        d = timekeeping::never;
}

connection::~connection()
{
    ports::leave(*this);
    if (_accounted)
        _protocol.memory().change(-s64{_accounted});
}

/// A connection that failed may be tried again; nothing of the last attempt is left.
void connection::forget_locked()
{
    _error = _soft_error = errc{};
    _quiet.store(false, std::memory_order_relaxed);
    _receive_shut_down = _send_shut_down = _was_established = _fin_received = _fin_known = false;
    _timestamps = _sack = _scaling = _ecn = _echo_congestion = _window_reduced = false;
    _ack_now = _ack_later = _interactive = _more = _passive = false;
    _receive_segment_size = 536;
    _received.clear();
    _taken = 0;
    account();
    _rtt = {};
    _congestion = {};
    _phase = phase::open;
    _retransmission = retransmission::none;
    _backoff = _probes = _duplicate_acks = 0;
    _reordering_seen = _probe_outstanding = _undo_possible = _window_limited = false;
    _rack_sent_at = {};
    _recent_timestamp = 0;
    _send_scale = _receive_scale = 0;
    _first_timeout = _last_progress = {};
    _armed_for = timekeeping::never; // it was cancelled
    for (instant& d : _deadlines)
        d = timekeeping::never;
}

void connection::start_numbers(sequence send, sequence receive)
{
    _initial_send = send;
    _queue.start(send + 1);
    _small_end = _highest_delivered = _recovery_end = _reduction_end = _probe_end = _rack_end = send;
    _duplicate_round_end = send;
    _initial_receive = receive;
    _receive_next = _data_end = _receive_edge = _last_ack_sent = receive + 1;
    _read_to.store(_data_end.value, std::memory_order_relaxed);
    _read_at_measurement = _data_end.value;
    _quick_acks = 16; // as long as the other side is in slow start, every acknowledgement counts
    _pseudo_sum = pseudo_header_sum(_tuple.local, _tuple.remote, protocol_number::tcp, 0);
    _timestamp_offset = _protocol.timestamp_offset(_tuple);
    choose_window_scale();
}

/// RFC 7323 §2.3: as much as the largest buffer that there could ever be needs.
void connection::choose_window_scale()
{
    const u32 largest = chosen.receive_buffer_set ? chosen.receive_buffer : settings::greatest_receive_buffer;
    _receive_buffer = chosen.receive_buffer;
    _send_buffer = chosen.send_buffer;
    _receive_scale = 0;
    while (_receive_scale < 14 && largest >> _receive_scale > 0xffff)
        _receive_scale++;
}

void connection::take_syn_options(const tcp_options& o)
{
    _peer_max_segment = std::max<u16>(o.max_segment.value_or(_tuple.remote.is_ipv4() ? 536 : 1220), 64);
    _timestamps = o.timestamp.has_value();
    if (_timestamps) {
        _recent_timestamp = o.timestamp->value;
        _recent_timestamp_at = timekeeping::now();
    }
    _sack = o.sack_permitted;
    _scaling = o.window_scale.has_value();
    _send_scale = _scaling ? std::min<u8>(*o.window_scale, 14) : 0; // RFC 7323 §2.3
    if (!_scaling)
        _receive_scale = 0;
    update_segment_size();
    algorithm().start(_congestion);
    // RFC 6928, RFC 6298 §5.7: after a lost SYN the path gets one segment.
    _congestion.window = congestion_control::initial_segments * _segment_size;
    if (!chosen.send_buffer_set)
        _send_buffer =
            std::max(_send_buffer, std::min<u32>(4 * _congestion.window, settings::greatest_send_buffer));
}

result<void> connection::choose_port(std::optional<time_wait::origin>& before)
{
    constexpr u32 count = ports::last_ephemeral - ports::first_ephemeral + 1;
    ports& all = _protocol.ports();
    const u32 offset = all.ephemeral_offset(_tuple);
    std::atomic<u16>& counter = all.ephemeral_counter(_tuple);
    for (u32 i = 0; i < count; i++) {
        const u16 turn = counter.fetch_add(1, std::memory_order_relaxed);
        _tuple.local_port = static_cast<u16>(ports::first_ephemeral + (offset + turn) % count);
        auto taken = all.share(*this, _tuple.local_port);
        if (taken) {
            taken = _protocol.enter(*this, &before);
            if (taken)
                return {};
            ports::leave(*this);
        }
        if (taken.error() != errc::eaddrinuse)
            return taken;
    }
    return fail(errc::eaddrnotavail);
}

/// Takes the four numbers, and a local port if there is none.
result<void> connection::enter_tables()
{
    std::optional<time_wait::origin> before;
    if (_tuple.local_port == 0) {
        if (const auto chosen_port = choose_port(before); !chosen_port) {
            _tuple.local_port = 0;
            return chosen_port;
        }
    } else if (const auto entered = _protocol.enter(*this, &before); !entered) {
        return fail(entered.error() == errc::eaddrinuse ? errc::eaddrnotavail : entered.error());
    }
    sequence first = _protocol.initial_sequence(_tuple, timekeeping::now());
    if (before && first <= before->send_next + 65535) // RFC 6191: above all that the last one sent
        first = before->send_next + 65537;
    start_numbers(first, {});
    return {};
}

result<void> connection::open_locked(const endpoint& peer, net::interface* out)
{
    forget_locked();
    const ip_address wanted = _bound ? _tuple.local : ip_address{};
    const ip_address any_source = wanted.is_any() ? ip_address::any(peer.address.family()) : wanted;
    _path = TRY(_protocol.stack().routes().find(peer.address, any_source, out));
    _interface = out;
    const ip_address bound_to = _tuple.local;
    _tuple.local = _path->source();
    _tuple.remote = _path->destination();
    _tuple.remote_port = peer.port;
    if (const auto entered = enter_tables(); !entered) {
        _tuple.local = bound_to;
        _tuple.remote = {};
        _tuple.remote_port = 0;
        _path = nullptr;
        return entered;
    }
    _protocol.stack().counters().tcp.active_opens++;
    _state = state::syn_sent;
    update_segment_size();
    const instant now = timekeeping::now();
    send_syn(now);
    _first_timeout = now;
    _retransmission = retransmission::timeout;
    schedule(deadline::retransmit, now + _rtt.timeout());
    return {};
}

result<void> connection::begin_passive_locked(const request& r)
{
    _tuple = r.tuple;
    _interface = r.in;
    _path = TRY(_protocol.stack().routes().find(_tuple.remote, _tuple.local, _interface));
    _passive = true;
    _state = state::syn_received;
    start_numbers(r.initial_send, r.initial_receive);
    take_syn_options(r.options);
    _ecn = r.wants_ecn;
    _send_window = _greatest_send_window = r.window;
    _window_from_begin = r.initial_receive;
    _window_from_ack = r.initial_send;
    _segments_in = 1;
    return {};
}

void connection::attach_listener_locked(listener& l)
{
    _listener = ref_ptr<listener>(l);
}

void connection::detach_listener_locked()
{
    _listener = nullptr;
}

void connection::answer_syn_locked()
{
    const instant now = timekeeping::now();
    send_syn(now);
    _first_timeout = now;
    _retransmission = retransmission::timeout;
    schedule(deadline::retransmit, now + _rtt.timeout());
}

void connection::answer_with_cookie_locked(const tcp_options& offered)
{
    const instant now = timekeeping::now();
    if (_timestamps) {
        // The options hide in the timestamp; so the offset moves to what it has to be for this one.
        const u32 clock = timestamp(now) - _timestamp_offset;
        _timestamp_offset += cookies::remember(clock, offered, _ecn) - clock;
    } else {
        _sack = _scaling = _ecn = false; // nothing would remember them
    }
    send_syn(now);
    _state = state::closed;
}

void connection::establish_locked(instant now)
{
    _queue.start(_initial_send + 1);
    _was_established = true;
    if (_passive) {
        // Only from here on accept() may see it; with no room the handshake ends another time.
        if (_listener && !_listener->finished(*this)) {
            _was_established = false;
            return;
        }
        _protocol.stack().counters().tcp.passive_opens++;
    }
    _state = state::established;
    _protocol.stack().counters().tcp.established++;
    _backoff = 0;
    _first_timeout = {}; // the handshake's
    _retransmission = retransmission::none;
    stop(deadline::retransmit);
    _last_arrival = _measurement_begin = now;
    restart_keep_alive_locked();
    notify(event::writable);
}
} // namespace net::tcp
