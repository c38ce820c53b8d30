// A segment arrives (RFC 9293 §3.10.7, in its order), with RFC 5961's defence against blind ones.
#include "net/stack.hh"
#include "net/tcp/listener.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
namespace
{
/// Answers to segments that should not have come are at least this far apart (RFC 5961 §7), so that two
/// confused sides cannot keep each other busy.
constexpr u32 challenge_interval = 500; // milliseconds
/// RFC 7323 §5.5: after this long timestamps may have wrapped.
constexpr auto timestamp_lifetime = seconds(24 * 24 * 3600);
constexpr auto acknowledgement_delay = milliseconds(40);
} // namespace

bool connection::arrive(segment& s, packet_ptr p)
{
    bool alive = false;
    WITH_LOCK(lock)
    {
        alive = _state != state::closed;
        if (alive) {
            _segments_in++;
            if (!arrive_fast(s, p))
                arrive_locked(s, std::move(p));
            account();
        }
    }
    settle();
    return alive;
}

/// Header prediction: the next data or an acknowledgement, in an undisturbed connection. False: look closer.
bool connection::arrive_fast(segment& s, packet_ptr& p)
{
    if (_state != state::established || (s.flags & ~tcp_header::psh) != tcp_header::ack ||
        s.begin != _receive_next || _phase != phase::open || _received.has_gap() ||
        s.options.sack_count > 0 || s.congestion_experienced || _fin_known)
        return false;
    if (_timestamps) {
        if (!s.options.timestamp || static_cast<s32>(s.options.timestamp->value - _recent_timestamp) < 0)
            return false;
    }
    if (s.acknowledgement < _queue.begin() || s.acknowledgement > _queue.next() ||
        s.length > _receive_edge - _receive_next)
        return false;
    note_timestamp(s);
    _last_arrival = s.at;
    if (s.acknowledgement != _queue.begin() || s.length == 0 ||
        (u32{s.window} << _send_scale) != _send_window)
        acknowledged(s, s.length > 0);
    if (s.length > 0) {
        p->control<unread>() = {0};
        accept_data(std::move(p), s.length, s.at);
    }
    finish_arrival(s.at);
    return true;
}

/// Everything that arrive_fast() does not take; out of line, as all that is rare on the way of a segment, so
/// that the usual way keeps its values in registers.
[[gnu::noinline]] void connection::arrive_locked(segment& s, packet_ptr p)
{
    if (_state == state::syn_sent)
        return syn_sent_arrives(s, std::move(p));

    // First: is it old, or does it not fit the window?
    if (s.options.timestamp && _timestamps && !s.has(tcp_header::rst) &&
        static_cast<s32>(s.options.timestamp->value - _recent_timestamp) < 0 &&
        s.at < _recent_timestamp_at + timestamp_lifetime) {
        _protocol.stack().counters().tcp.old_timestamps++;
        if (s.length > 0 || s.has(tcp_header::syn | tcp_header::fin)) // a late acknowledgement is no reason
            challenge(s.at);
        return;
    }
    if (!acceptable(s)) {
        if (s.has(tcp_header::rst))
            return;
        if (s.length > 0 && s.end() <= _receive_next && s.end() > _receive_next - (1u << 30)) {
            // A duplicate: the other side should know at once (RFC 2883).
            _duplicate = {s.begin.value, s.end().value};
            if (s.has(tcp_header::ack) && s.acknowledgement > _queue.begin() &&
                s.acknowledgement <= _queue.next() && synchronised(_state) && _state != state::syn_received)
                acknowledged(s, true);
            if (_state == state::closed)
                return;
            _ack_now = true;
            return finish_arrival(s.at);
        }
        challenge(s.at);
        return;
    }
    if (s.has(tcp_header::rst))
        return reset_arrived(s);
    if (s.has(tcp_header::syn)) {
        const bool the_same = _state == state::syn_received && s.begin == _initial_receive;
        if (the_same && !s.has(tcp_header::ack))
            return send_syn(s.at); // our answer was lost
        if (!the_same) {
            _protocol.stack().counters().tcp.challenge_acks++;
            return challenge(s.at);
        }
        // Both opened at once, and this acknowledges our SYN.
        s.flags &= static_cast<u8>(~tcp_header::syn);
        s.begin += 1;
    }
    if (!s.has(tcp_header::ack))
        return;

    if (_state == state::syn_received) {
        if (s.acknowledgement != _initial_send + 1) {
            _protocol.stack().counters().tcp.resets_out++;
            send_control(tcp_header::rst, s.acknowledgement, s.at);
            return;
        }
        if (chosen.defer_accept && _passive && s.length == 0 && !s.has(tcp_header::fin) &&
            s.at < _first_timeout + seconds(chosen.defer_accept)) {
            _deferred_ack_seen = true; // TCP_DEFER_ACCEPT: wait for data
            return;
        }
        establish_locked(s.at);
        if (_state != state::established)
            return;
        if (_backoff == 0 && !_deferred_ack_seen && s.at > _last_sent)
            _rtt.sample(s.at - _last_sent);
        _small_end = _initial_send;
        _window_from_begin = s.begin - 1;
    } else if (s.acknowledgement < _queue.begin() - std::max(_greatest_send_window, 1u) ||
               s.acknowledgement > _queue.next()) {
        // RFC 5961 §5.
        _protocol.stack().counters().tcp.challenge_acks++;
        challenge(s.at);
        return;
    }
    note_timestamp(s);
    _last_arrival = s.at;
    if (!acknowledged(s, s.length > 0))
        return; // that was the end
    if (s.length > 0 || s.has(tcp_header::fin))
        data_arrives(s, std::move(p));
    if (_state != state::closed)
        finish_arrival(s.at);
}

/// RFC 9293 §3.10.7.4, with Linux's leniency for segments that were sent before our last acknowledgement.
bool connection::acceptable(const segment& s)
{
    return s.end() >= _last_ack_sent && s.begin <= _receive_edge && s.end() - _last_ack_sent < 1u << 31;
}

/// RFC 5961 §3.2: only the exact number ends the connection.
void connection::reset_arrived(const segment& s)
{
    if (s.begin != _receive_next) {
        _protocol.stack().counters().tcp.challenge_acks++;
        challenge(s.at);
        return;
    }
    if (_state == state::syn_received) {
        _protocol.stack().counters().tcp.attempt_fails++;
        return end(_passive ? errc{} : errc::econnrefused);
    }
    if (_state == state::established || _state == state::close_wait)
        _protocol.stack().counters().tcp.established_resets++;
    end(_state == state::close_wait ? errc::epipe : errc::econnreset);
}

void connection::challenge(instant now)
{
    const auto clock = static_cast<u32>(now.time_since_epoch() / milliseconds(1));
    if (_last_challenge != 0 && clock + 1 - _last_challenge <= challenge_interval)
        return;
    _last_challenge = clock | 1; // never 0, so maybe one ahead
    send_ack(now);
}

/// RFC 7323 §4.3.
void connection::note_timestamp(const segment& s)
{
    if (!_timestamps || !s.options.timestamp || s.begin > _last_ack_sent)
        return;
    if (static_cast<s32>(s.options.timestamp->value - _recent_timestamp) >= 0 ||
        s.at >= _recent_timestamp_at + timestamp_lifetime) {
        _recent_timestamp = s.options.timestamp->value;
        _recent_timestamp_at = s.at;
    }
}

/// RFC 9293 §3.10.7.3.
void connection::syn_sent_arrives(segment& s, packet_ptr p)
{
    const bool good_ack = s.has(tcp_header::ack) && s.acknowledgement == _initial_send + 1;
    if (s.has(tcp_header::ack) && !good_ack) {
        if (!s.has(tcp_header::rst)) {
            _protocol.stack().counters().tcp.resets_out++;
            send_control(tcp_header::rst, s.acknowledgement, s.at);
        }
        return;
    }
    if (s.has(tcp_header::rst)) {
        if (good_ack) {
            _protocol.stack().counters().tcp.attempt_fails++;
            end(errc::econnrefused);
        }
        return;
    }
    if (!s.has(tcp_header::syn))
        return;
    _initial_receive = s.begin;
    _receive_next = _data_end = _receive_edge = _last_ack_sent = s.begin + 1;
    _receive_edge += 65535; // what the SYN announced
    _read_to.store(_data_end.value, std::memory_order_relaxed);
    _read_at_measurement = _data_end.value;
    take_syn_options(s.options);
    _send_window = _greatest_send_window = s.window;
    _window_from_begin = s.begin;
    _window_from_ack = s.acknowledgement;
    if (!good_ack) {
        _state = state::syn_received;
        _protocol.stack().counters().tcp.retransmitted++;
        send_syn(s.at);
        return;
    }
    // RFC 3168 §6.1.1: the answer has ECE alone.
    _ecn = _ecn_requested && s.has(tcp_header::ece) && !s.has(tcp_header::cwr);
    if (_backoff == 0)
        _rtt.sample(s.at - _last_sent);
    else
        _congestion.window = _segment_size; // RFC 5681 §3.1: a lost SYN
    if (_path)
        _path->confirm();
    establish_locked(s.at);
    if (s.length > 0 || s.has(tcp_header::fin)) {
        s.begin += 1;
        s.flags &= static_cast<u8>(~tcp_header::syn);
        data_arrives(s, std::move(p));
    }
    if (_state == state::closed)
        return;
    _ack_now = true;
    finish_arrival(s.at);
}

/// Payload and FIN, wherever they lie in the window.
void connection::data_arrives(segment& s, packet_ptr p)
{
    u32 offset = 0;
    sequence begin = s.begin;
    u32 length = s.length;
    bool fin = s.has(tcp_header::fin);
    if (begin < _receive_next) { // a part of it is known
        const u32 known = std::min(_receive_next - begin, length);
        if (known > 0)
            _duplicate = {begin.value, (begin + known).value};
        offset = known;
        begin += known;
        length -= known;
        _ack_now = true;
        if (begin < _receive_next)
            return; // the FIN, too
    }
    const u32 room = _receive_edge - begin;
    if (length > room || (_fin_known && begin + length > _fin_at)) {
        // Beyond the window, as a probe of a closed window is; or beyond the end.
        const u32 kept = std::min(room, _fin_known ? std::max(_fin_at, begin) - begin : room);
        length = std::min(length, kept);
        p->truncate(offset + length);
        fin = false;
        _ack_now = true;
        if (length == 0)
            return;
    }
    if (!may_receive(_state))
        return; // after their FIN there is nothing
    if (length > 0 && _orphan) {
        // Nobody will read it: the other side must know (RFC 9293 §3.10.4, RFC 2525 §2.17).
        _protocol.stack().counters().tcp.abort_on_data++;
        send_reset();
        return end(errc{});
    }
    if (fin && !_fin_known) {
        _fin_known = true;
        _fin_at = begin + length;
    }
    if (length > 0) {
        p->control<unread>() = {offset};
        if (begin == _receive_next) {
            accept_data(std::move(p), length, s.at);
        } else {
            auto& count = _protocol.stack().counters().tcp;
            bool duplicate = false;
            const bool kept = !_protocol.memory().exhausted() &&
                              _received.insert(std::move(p), begin, length, footprint_limit(), &duplicate);
            if (duplicate)
                _duplicate = {begin.value, (begin + length).value};
            (kept ? count.out_of_order_queued : count.out_of_order_dropped)++;
            _ack_now = true; // RFC 5681 §4.2
        }
    }
    if (_fin_known && _fin_at == _receive_next && !_fin_received)
        fin_in_order();
}

/// At the limit of all TCP's memory a connection takes a segment when it holds nothing. The other side was
/// promised more, and sends it again when there is room. Returns how many of the bytes are taken.
u32 connection::admit_at_limit(packet& p, u32 length)
{
    auto& count = _protocol.stack().counters().tcp;
    if (_received.has_gap()) {
        count.receive_pruned++;
        _received.prune();
    }
    if (_received.footprint() + _taken > 0) {
        count.receive_dropped++;
        return 0;
    }
    const u32 taken = std::min(length, _receive_segment_size);
    p.truncate(p.length() - (length - taken));
    return taken;
}

void connection::accept_data(packet_ptr p, u32 length, instant now)
{
    if (_protocol.memory().exhausted()) [[unlikely]] {
        _ack_now = true;
        length = admit_at_limit(*p, length);
        if (length == 0)
            return;
    }
    store_data(std::move(p), length);
    if (_received.has_gap()) {
        _receive_next = _received.advance(_receive_next, footprint_limit());
        _data_end = _receive_next;
        _ack_now = true; // a gap was closed, maybe not the last one
    }
    decide_acknowledgement(now);
    tell_reader();
}

/// The next bytes, which may close a gap.
void connection::store_data(packet_ptr p, u32 length)
{
    _received.push(std::move(p), footprint_limit());
    _quiet.store(false, std::memory_order_release);
    _bytes_received += length;
    _receive_next += length;
    _data_end = _receive_next;
    _receive_segment_size = std::max(_receive_segment_size, std::min<u32>(length, _announced_max_segment));
}

void connection::tell_reader()
{
    if (readable_locked() >= chosen.receive_low_water)
        notify(event::readable & ~event::read_hang_up);
}

/// RFC 5681 §4.2, and acknowledgements at once as long as the other side may be in slow start.
void connection::decide_acknowledgement(instant now)
{
    if (_receive_next - _last_ack_sent > _receive_segment_size) {
        _ack_now = true;
    } else if (_quick_acks > 0 && !_interactive) {
        _quick_acks--;
        _ack_now = true;
    } else if (!_ack_later) {
        _ack_later = true;
        schedule(deadline::delayed_ack, now + acknowledgement_delay);
    }
}

void connection::fin_in_order()
{
    _fin_received = true;
    _receive_next += 1;
    _receive_edge = later(_receive_edge, _receive_next);
    _received.prune();
    _ack_now = true;
    switch (_state) {
    case state::established:
        _state = state::close_wait;
        _protocol.stack().counters().tcp.established--;
        break;
    case state::fin_wait_1: // if our FIN were acknowledged it would be fin_wait_2 by now
        _state = state::closing;
        break;
    case state::fin_wait_2:
        send_ack(_last_arrival);
        enter_time_wait(_last_arrival);
        break;
    default:
        break;
    }
    notify(event::readable);
}

/// What there is to send now: data that an acknowledgement rides on, or the acknowledgement alone.
void connection::finish_arrival(instant now)
{
    if (_queue.unsent() > 0 || _queue.lost() > 0)
        output(now);
    if (_ack_now)
        send_ack(now);
}
} // namespace net::tcp
