// What may be sent, and sending it.
//
// New data goes out in packets of many segments, which the device or net/link cuts. A packet shares the send
// queue's buffers, but for a few bytes, which are copied behind its headers.
#include "net/header/checksum.hh"
#include "net/interface/interface.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
namespace
{
/// A payload up to this goes into the packet's head.
constexpr u32 copied_payload = 256;
/// IP's longest packet.
constexpr u32 longest_packet = 65535;
/// An answer within this time makes a connection an interactive one.
constexpr auto answer_time = milliseconds(40);
constexpr u8 ect0 = 2; // RFC 3168 §5
} // namespace

bool connection::refresh_path()
{
    if (_path && _path->current()) [[likely]]
        return true;
    return find_path();
}

[[gnu::noinline]] bool connection::find_path()
{
    auto found = _protocol.stack().routes().find(_tuple.remote, _tuple.local, _interface);
    if (!found)
        return false;
    _path = found.take();
    update_segment_size();
    return true;
}

/// RFC 9293 §3.7.1, with RFC 6691: what fits the path and the other side, less the options of every segment.
void connection::update_segment_size()
{
    const u32 headers = (_tuple.remote.is_ipv4() ? 20 : 40) + u32{sizeof(tcp_header)};
    const u32 mtu = std::min(_path ? _path->mtu() : 576, longest_packet);
    u32 largest = mtu - std::min(mtu, headers);
    if (chosen.max_segment)
        largest = std::min<u32>(largest, chosen.max_segment);
    const u32 options = _timestamps ? tcp_options::timestamps_length : 0;
    _segment_size = std::max<u32>(std::min<u32>(largest, _peer_max_segment), 64 + options) - options;
}

u32 connection::timestamp(instant now) const
{
    return static_cast<u32>(now.time_since_epoch() / milliseconds(1)) + _timestamp_offset;
}

/// RFC 9293 §3.8.6.2.2: the right edge never moves back, and forward only by steps worth a segment.
u32 connection::window_to_announce() const
{
    const u32 current = _receive_edge - _receive_next;
    const u32 limit = receive_limit();
    const u32 held = readable_locked();
    const u32 free = limit > held ? limit - held : 0;
    if (free <= current || free - current < std::min(limit / 2, _receive_segment_size))
        return current;
    return free;
}

u16 connection::announce_window()
{
    const u32 window = window_to_announce();
    const u32 unit = 1u << _receive_scale;
    const u32 field = std::min<u32>((window + unit - 1) >> _receive_scale, 0xffff);
    _receive_edge = later(_receive_edge, _receive_next + (field << _receive_scale));
    _announced_edge.store(_receive_edge.value, std::memory_order_relaxed);
    _window_limit.store(receive_limit(), std::memory_order_relaxed);
    return static_cast<u16>(field);
}

void connection::add_usual_options(tcp_options& o, instant now, bool with_sack)
{
    if (_timestamps)
        o.timestamp = {timestamp(now), _recent_timestamp};
    if (!with_sack || !_sack)
        return;
    std::span<tcp_options::sack_block> room{o.sack, _timestamps ? 3u : 4u};
    if (_duplicate.left != _duplicate.right) { // RFC 2883: first, once
        room[0] = _duplicate;
        _protocol.stack().counters().tcp.duplicates_reported++;
        _duplicate = {};
        o.sack_count = 1;
    }
    if (_received.has_gap())
        o.sack_count = static_cast<u8>(o.sack_count + _received.describe(room.subspan(o.sack_count)));
}

u64 connection::sum_with_length(u32 length) const
{
    // As it stands in the pseudo header: most significant byte first, 16 bits of IPv4, 32 of IPv6.
    return _pseudo_sum + __builtin_bswap16(static_cast<u16>(length)) +
           __builtin_bswap16(static_cast<u16>(length >> 16));
}

/// What ECN adds to a segment (RFC 3168 §6.1); returns the bits of the IP header.
[[gnu::noinline]] u8 connection::mark_congestion(segment& s)
{
    if (_echo_congestion)
        s.flags |= tcp_header::ece;
    if (s.length == 0 || s.begin != _queue.next()) // new data only, no retransmissions
        return 0;
    if (_window_reduced)
        s.flags |= tcp_header::cwr;
    _window_reduced = false;
    return ect0;
}

/// Completes a segment and sends it with its payload. It carries an acknowledgement, so none is due.
void connection::transmit(packet_ptr p, segment& s)
{
    const bool syn = s.has(tcp_header::syn);
    if (s.has(tcp_header::ack)) {
        s.acknowledgement = _receive_next;
        _last_ack_sent = _receive_next;
        _ack_now = _ack_later = false;
        stop(deadline::delayed_ack);
    }
    u8 traffic_class = static_cast<u8>(chosen.traffic_class & ~3);
    if (_ecn && !syn)
        traffic_class |= mark_congestion(s);
    if (syn) // never scaled
        s.window = static_cast<u16>(std::min<u32>(_receive_buffer / 2, 0xffff));
    else
        s.window = announce_window();
    _last_sent = s.at;
    _segments_out++;
    _protocol.stack().counters().tcp.segments_out++;
    if (_path->out().is_loopback())
        return _protocol.loop_back(std::move(p), s, _tuple, _path->out());
    write_header(*p, s);
    const ip_options how{
        .traffic_class = traffic_class, .hop_limit = chosen.hop_limit, .may_fragment = false};
    const auto went = send_ip(std::move(p), *_path, protocol_number::tcp, how);
    if (!went && went.error() == errc::emsgsize)
        update_segment_size();
}

/// Puts the header in front of a payload.
void connection::write_header(packet& p, const segment& s) const
{
    const u32 option_length = s.options.length();
    s.options.write(p.prepend(option_length));
    auto& h = prepend<tcp_header>(p);
    h.source = _tuple.local_port;
    h.destination = _tuple.remote_port;
    h.sequence = s.begin.value;
    h.acknowledgement = s.acknowledgement.value;
    h.set_header_length(sizeof h + option_length);
    h.flags = s.flags;
    h.window = s.window;
    p.transport_header = reinterpret_cast<std::byte*>(&h);
    p.checksum = packet_checksum::partial;
    p.checksum_offset = tcp_header::checksum_offset;
    if (s.length > _segment_size) {
        p.segmentation = _tuple.remote.is_ipv4() ? packet_segmentation::tcp4 : packet_segmentation::tcp6;
        p.segment_size = static_cast<u16>(_segment_size);
        p.segments_carry_ecn = s.has(tcp_header::cwr);
    }
    h.checksum.begin(sum_with_length(p.length()));
    p.flow_hash = table_hash();
}

void connection::send_control(u8 flags, sequence begin, instant now)
{
    if (!refresh_path())
        return;
    auto p = packet::create(packet::header_room, 0);
    if (!p)
        return;
    segment s{.begin = begin, .flags = flags, .at = now};
    add_usual_options(s.options, now, s.has(tcp_header::ack));
    transmit(p.take(), s);
}

void connection::send_ack(instant now)
{
    send_control(tcp_header::ack, _queue.next(), now);
}

void connection::send_reset()
{
    _protocol.stack().counters().tcp.resets_out++;
    send_control(tcp_header::rst | tcp_header::ack, _queue.next(), timekeeping::now());
}

/// A SYN, or the answer to one, also again.
void connection::send_syn(instant now)
{
    if (!refresh_path())
        return;
    auto p = packet::create(packet::header_room, 0);
    if (!p)
        return;
    const bool answer = _state == state::syn_received;
    const u32 headers = (_tuple.remote.is_ipv4() ? 20 : 40) + u32{sizeof(tcp_header)};
    u32 max_segment = std::min(_path->mtu(), longest_packet) - headers;
    if (chosen.max_segment)
        max_segment = std::min<u32>(max_segment, chosen.max_segment);
    _announced_max_segment = static_cast<u16>(max_segment);
    segment s{.begin = _initial_send, .flags = tcp_header::syn, .at = now};
    tcp_options& options = s.options;
    options.max_segment = _announced_max_segment;
    options.sack_permitted = !answer || _sack;
    if (!answer || _scaling)
        options.window_scale = _receive_scale;
    if (!answer || _timestamps)
        options.timestamp = {timestamp(now), answer ? _recent_timestamp : 0};
    if (answer) {
        s.flags |= tcp_header::ack;
        if (_ecn)
            s.flags |= tcp_header::ece;
        _receive_edge = _receive_next + std::min<u32>(_receive_buffer / 2, 0xffff);
    } else if ((_ecn_requested = _protocol.request_ecn && _backoff == 0)) {
        s.flags |= tcp_header::ece | tcp_header::cwr; // RFC 3168 §6.1.1
    }
    transmit(p.take(), s);
}

/// Nagle's rule in Minshall's variant, TCP_CORK, MSG_MORE, and the sender's side of the silly window (RFC
/// 9293 §3.7.4, §3.8.6.2.1), for fewer bytes than a segment.
bool connection::hold_back(const chunk& c, u32 length) const
{
    const bool to_the_end = c.begin + length == _queue.end();
    if (!to_the_end)
        return length < _greatest_send_window / 2;
    if (_queue.has_fin())
        return false;
    if (chosen.cork || _more)
        return true;
    if (chosen.no_delay)
        return false;
    return _small_end > _queue.begin() && _small_end <= _queue.next() && _queue.in_flight() > 0;
}

u32 connection::largest_packet() const
{
    // Room for an IPv6 header and all options; whole segments only.
    constexpr u32 most = longest_packet - 40 - tcp_header::largest;
    return _segment_size >= most ? _segment_size : most / _segment_size * _segment_size;
}

u32 connection::gather(chunk& from, u32 limit, bool lost)
{
    u32 length = 0;
    unsigned slices = 0;
    for (chunk* c = &from; c && length < limit; c = _queue.following(*c)) {
        if (lost ? !c->lost : c->sent)
            break;
        if (++slices > packet::max_slices - 1)
            break;
        length += c->length();
    }
    return std::min(length, limit);
}

/// The last chunk of what begins with `from` and ends at `end`, split if need be. Null: no memory.
chunk* connection::last_chunk(chunk& from, sequence end)
{
    chunk* c = &from;
    while (c->end() < end)
        c = _queue.following(*c);
    return c->end() == end || _queue.split(*c, end) ? c : nullptr;
}

/// A packet that carries these chunks' bytes, `payload` in all; null: no memory.
packet_ptr connection::packet_of(chunk& first, const chunk& last, u32 payload)
{
    const bool copied = payload <= copied_payload;
    auto made = packet::create(packet::header_room, copied ? payload : 0);
    if (!made)
        return nullptr;
    packet_ptr p = made.take();
    for (chunk* c = &first;; c = _queue.following(*c)) {
        const u32 length = c->bytes.length; // 0: only a FIN
        if (copied && length > 0)
            std::memcpy(p->append(length), c->bytes.data, length);
        else if (length > 0 && !p->append(c->bytes))
            return nullptr;
        if (c == &last)
            return p;
    }
}

/// Bytes of a payload behind its last full segment.
u32 connection::behind_full_segments(u32 payload) const
{
    return payload < _segment_size ? payload : payload % _segment_size;
}

/// Sends `length` numbers from a chunk on, all new or all old. False: no memory; a timer will try again.
bool connection::send_chunks(chunk& from, u32 length, instant now)
{
    if (length == 0 || !refresh_path())
        return false;
    const sequence begin = from.begin, end = begin + length;
    chunk* const last = last_chunk(from, end);
    if (!last)
        return false;
    segment s{.begin = begin, .length = length - last->fin, .flags = tcp_header::ack, .at = now};
    packet_ptr p = packet_of(from, *last, s.length);
    if (!p)
        return false;
    if (last->fin)
        s.flags |= tcp_header::fin;
    if (end == _queue.end())
        s.flags |= tcp_header::psh;
    add_usual_options(s.options, now, false);
    // RFC 5681 §4.1 and Linux's notion of an interactive session, before times change.
    if (now < _last_arrival + answer_time)
        _interactive = true;
    transmit(std::move(p), s);

    if (from.sent) {
        count_retransmission(length, now);
    } else {
        _bytes_sent += s.length;
        if (behind_full_segments(s.length) != 0)
            _small_end = end;
    }
    if (_phase != phase::open)
        _recovery_sent += length;
    for (chunk* c = &from;; c = _queue.following(*c)) {
        const u32 in_segment = behind_full_segments(c->begin - begin);
        c->first_border = static_cast<u16>(in_segment ? _segment_size - in_segment : 0);
        _queue.sent(*c, now);
        if (c == last)
            return true;
    }
}

[[gnu::noinline]] void connection::count_retransmission(u32 length, instant now)
{
    const u32 segments = (length + _segment_size - 1) / _segment_size;
    _protocol.stack().counters().tcp.retransmitted += segments;
    _total_retransmissions += segments;
    if (!_recovery_retransmitted) {
        _recovery_retransmitted = true;
        _first_retransmission_stamp = timestamp(now);
    }
    _retransmissions_to_undo += length;
}

/// Sends the first lost bytes again, if the window allows. False: no (more).
[[gnu::noinline]] bool connection::retransmit_lost(instant now)
{
    chunk* const c = _queue.first_lost();
    if (!c)
        return false;
    const u32 flight = pipe();
    if (flight > 0 && flight + _segment_size > congestion_window())
        return false;
    const u32 allowed = std::max(congestion_window() - std::min(congestion_window(), flight), _segment_size);
    const u32 limit = std::min(largest_packet(), allowed / _segment_size * _segment_size);
    return send_chunks(*c, gather(*c, limit, true), now);
}

void connection::output(instant now)
{
    if (_state == state::syn_sent || _state == state::syn_received || _state == state::closed)
        return;
    while (_queue.lost() > 0 && retransmit_lost(now)) {
    }
    // RFC 5681 §4.1: after a pause the path is not known any more.
    if (_queue.in_flight() == 0 && _queue.unsent() > 0 && _phase == phase::open &&
        now > _last_sent + _rtt.timeout())
        _congestion.window =
            std::min(_congestion.window, congestion_control::initial_segments * _segment_size);
    _window_limited = false;
    bool sent = false;
    const u32 largest = largest_packet();
    while (chunk* c = _queue.lost() == 0 ? _queue.first_unsent() : nullptr) {
        const u32 outstanding = _queue.next() - _queue.begin();
        const u32 in_window = _send_window - std::min(_send_window, outstanding);
        if (in_window == 0)
            break;
        const u32 flight = pipe();
        const u32 allowed = congestion_window() - std::min(congestion_window(), flight);
        if (allowed < _segment_size && flight > 0 && allowed < _queue.unsent()) {
            _window_limited = true;
            break;
        }
        const u32 limit = std::min({in_window, std::max(allowed, _segment_size), largest});
        u32 length = gather(*c, limit, false);
        // All of it, or whole segments.
        if (length >= _segment_size && c->begin + length != _queue.end())
            length = length / _segment_size * _segment_size;
        if (length < _segment_size && hold_back(*c, length))
            break;
        // What is left over behind whole segments may have to wait.
        if (const u32 rest = length % _segment_size;
            length > _segment_size && rest != 0 && !_queue.has_fin() && (chosen.cork || _more))
            length -= rest;
        if (!send_chunks(*c, length, now))
            break;
        sent = true;
    }
    // Half a window used in slow start is reason enough to grow (RFC 7661 §4.3).
    if (_congestion.slow_start() && pipe() * 2 > congestion_window())
        _window_limited = true;
    if (sent || _queue.unsent() > 0 || _queue.in_flight() > 0)
        schedule_retransmission(now);
}
} // namespace net::tcp
