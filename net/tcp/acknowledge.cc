// What an acknowledgement means for the send queue, the windows and the application that waits to write.
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
/// SND.UNA moves, or not. False: the connection ended by it.
bool connection::acknowledged(const segment& s, bool carries_data)
{
    const instant now = s.at;
    const sequence before = _queue.begin();
    const u32 window_before = _send_window;
    update_window(s);
    _probes = 0;
    if (_retransmission == retransmission::persist && window_before == 0 && _send_window > 0) {
        _backoff = 0; // the window is open again: the series of probes is over
        _first_timeout = {};
    }

    const bool selective = s.options.sack_count > 0;
    const bool duplicate_report = selective && duplicate_reported(s);
    u32 delivered = selective ? selectively_acknowledged(s, now) : 0;
    u32 bytes = 0;
    const bool progress = s.acknowledgement > before;
    if (progress) {
        bytes = acknowledged_until(s.acknowledgement, s);
        delivered += bytes;
        _backoff = 0;
        _soft_error = errc{};
        _first_timeout = {};
        _last_progress = now;
        if (_path && _last_sent != instant{})
            _path->confirm();
    }
    const bool duplicate = !progress && !carries_data && _send_window == window_before &&
                           s.acknowledgement == before && _queue.next() != before && !s.has(tcp_header::fin);

    const bool marked = _ecn && congestion_marked(s);
    if (_phase != phase::open || _queue.selectively_acknowledged() > 0 || duplicate || duplicate_report ||
        _probe_outstanding || _retransmission == retransmission::reordering) [[unlikely]]
        recover(s, delivered, progress, duplicate, duplicate_report, now);
    if (progress && _phase == phase::open && !marked) {
        if (_window_limited)
            grow_window(bytes, now);
        grow_send_buffer();
    }
    if (progress || delivered > 0 || _retransmission == retransmission::persist)
        schedule_retransmission(now);
    if (!progress)
        return true;

    if (_queue.has_fin() && _queue.empty()) {
        fin_acknowledged(now);
        return _state != state::closed;
    }
    wake_writer();
    return true;
}

[[gnu::noinline]] void connection::grow_window(u32 bytes, instant now)
{
    algorithm().grow(_congestion, {.bytes = bytes,
                                   .segment_size = _segment_size,
                                   .now = now,
                                   .round_trip = _rtt.smoothed(),
                                   .latest_trip = microseconds(_rack_round_trip),
                                   .acknowledged = _queue.begin(),
                                   .next = _queue.next(),
                                   .limited_by_window = true});
}

/// Takes what is acknowledged off the queue and measures the round trip. Returns the bytes that were not
/// acknowledged selectively before.
u32 connection::acknowledged_until(sequence to, const segment& s)
{
    u32 bytes = 0;
    instant oldest = timekeeping::never;
    bool sent_twice = false;
    while (chunk* c = _queue.first()) {
        if (c->begin >= to)
            break;
        sent_twice |= c->retransmitted;
        if (!c->selectively) {
            oldest = std::min(oldest, c->sent_at);
            note_delivery(*c, s.at);
        }
        const u32 covered = std::min(to - c->begin, c->length());
        if (!c->selectively)
            bytes += covered;
        if (covered < c->length()) {
            _queue.drop_part(covered);
            break;
        }
        _queue.drop_first();
    }
    if (sent_twice) {
        // Karn; but a timestamp says which of the two it was (RFC 7323 §4.1).
        if (_timestamps && s.options.timestamp && s.options.timestamp->echo != 0) {
            const u32 trip = timestamp(s.at) - s.options.timestamp->echo;
            if (trip < 1u << 20)
                _rtt.sample(std::max<nanoseconds>(milliseconds(trip), milliseconds(1)));
        }
    } else if (oldest != timekeeping::never) {
        _rtt.sample(s.at - oldest);
    }
    return bytes;
}

/// RFC 9293 §3.10.7.4.
void connection::update_window(const segment& s)
{
    if (!(_window_from_begin < s.begin ||
          (_window_from_begin == s.begin && _window_from_ack <= s.acknowledgement)))
        return;
    _send_window = u32{s.window} << _send_scale;
    _greatest_send_window = std::max(_greatest_send_window, _send_window);
    _window_from_begin = s.begin;
    _window_from_ack = s.acknowledgement;
}

/// RFC 3168 §6.1.2: an echoed mark is a loss of no segment, once for each window. Whether it was one.
[[gnu::noinline]] bool connection::congestion_marked(const segment& s)
{
    if (s.congestion_experienced)
        _echo_congestion = true;
    if (s.has(tcp_header::cwr) && !s.congestion_experienced)
        _echo_congestion = false;
    if (!s.has(tcp_header::ece) || s.acknowledgement <= _reduction_end || _phase != phase::open)
        return false;
    _congestion.threshold = algorithm().back_off(_congestion, pipe(), _segment_size);
    _congestion.window = _congestion.threshold;
    _reduction_end = _queue.next();
    _window_reduced = true;
    return true;
}

/// As much as two windows in flight and what is being written meanwhile need.
void connection::grow_send_buffer()
{
    if (chosen.send_buffer_set)
        return;
    const u64 wanted = std::min<u64>(u64{_congestion.window} * 4, settings::greatest_send_buffer);
    if (wanted > _send_buffer && !_protocol.memory().under_pressure())
        _send_buffer = static_cast<u32>(wanted);
}

void connection::wake_writer()
{
    // As Linux: when a third is free again, so that a writer does not run for each acknowledgement.
    if (!_writer_waits || _queue.cost() > send_limit() / 3 * 2)
        return;
    if (chosen.not_sent_low_water && _queue.unsent() >= chosen.not_sent_low_water)
        return;
    _writer_waits = false;
    notify(event::writable);
}

[[gnu::noinline]] void connection::fin_acknowledged(instant now)
{
    switch (_state) {
    case state::fin_wait_1:
        _state = state::fin_wait_2;
        if (_orphan)
            finish_closing(now);
        notify(event::writable);
        break;
    case state::closing:
        enter_time_wait(now);
        break;
    case state::last_ack:
        end(errc{});
        break;
    default:
        break;
    }
}
} // namespace net::tcp
