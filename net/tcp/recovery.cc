// What is lost and when it is sent again: RACK and tail loss probes (RFC 8985), with NewReno (RFC 6582) where
// the other side sends no selective acknowledgements; the rate during recovery (RFC 6937); and undoing it all
// when nothing was lost (RFC 3522 by timestamps, RFC 3708 by D-SACK).
#include <limits>

#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
namespace
{
constexpr unsigned duplicate_threshold = 3;
/// What the other side may wait with an acknowledgement.
constexpr auto longest_ack_delay = milliseconds(200);
constexpr auto probe_margin = milliseconds(8);

/// The first border of segments in a chunk at or behind `offset`, or before it.
u32 border_behind(const chunk& c, u32 offset, u32 segment_size)
{
    if (offset <= c.first_border)
        return offset == 0 ? 0 : c.first_border;
    return c.first_border + (offset - c.first_border + segment_size - 1) / segment_size * segment_size;
}
u32 border_before(const chunk& c, u32 offset, u32 segment_size)
{
    if (offset < c.first_border)
        return 0;
    return c.first_border + (offset - c.first_border) / segment_size * segment_size;
}
} // namespace

/// Bytes that are thought to be in the network.
u32 connection::pipe() const
{
    const u32 flight = _queue.in_flight();
    if (_sack)
        return flight;
    // Each duplicate acknowledgement says that a segment has left it.
    return flight - std::min(flight, u32{_duplicate_acks} * _segment_size);
}

/// Whether the first block reports that something came twice (RFC 2883 §4).
[[gnu::noinline]] bool connection::duplicate_reported(const segment& s)
{
    if (!_sack)
        return false;
    const sequence left{s.options.sack[0].left}, right{s.options.sack[0].right};
    const bool below = right <= s.acknowledgement;
    const bool inside = s.options.sack_count > 1 && left >= sequence{s.options.sack[1].left} &&
                        right <= sequence{s.options.sack[1].right};
    if (!(left < right) || (!below && !inside))
        return false;
    _protocol.stack().counters().tcp.duplicate_reports++;
    if (_retransmissions_to_undo > 0)
        _retransmissions_to_undo -= std::min(_retransmissions_to_undo, right - left);
    // RFC 8985 §6.2 step 4: reordering was taken for loss, so wait longer. Not if it was the probe that came
    // twice, or if the network made the copy: then nothing was sent again.
    if ((_probe_outstanding && right == _probe_end) || _total_retransmissions == 0)
        return true;
    if (s.acknowledgement > _duplicate_round_end) {
        _duplicate_round_end = _queue.next();
        if (_reordering_steps < 255)
            _reordering_steps++;
        _reordering_persists = 16;
    }
    return true;
}

/// Marks what SACK blocks cover; returns the bytes that are new.
[[gnu::noinline]] u32 connection::selectively_acknowledged(const segment& s, instant now)
{
    if (!_sack)
        return 0;
    const u32 before = _queue.selectively_acknowledged();
    for (unsigned i = 0; i < s.options.sack_count; i++) {
        const sequence left{s.options.sack[i].left}, right{s.options.sack[i].right};
        if (!(left < right) || left < _queue.begin() || right > _queue.next() || left < s.acknowledgement)
            continue;
        for (chunk* c = _queue.first(); c && c->sent && c->begin < right; c = _queue.following(*c)) {
            if (c->selectively || c->end() <= left)
                continue;
            // Splits fall on the borders of segments, so nobody can make us cut bytes one by one.
            if (c->begin < left) {
                const u32 border = border_behind(*c, left - c->begin, _segment_size);
                if (border >= c->length() || !_queue.split(*c, c->begin + border))
                    continue;
                c = _queue.following(*c);
                if (c->begin >= right)
                    break;
            }
            if (c->end() > right) {
                const u32 border = border_before(*c, right - c->begin, _segment_size);
                if (border == 0 || border >= c->length() || !_queue.split(*c, c->begin + border))
                    break;
            }
            note_delivery(*c, now);
            _queue.mark_selectively(*c);
        }
    }
    return _queue.selectively_acknowledged() - before;
}

/// RFC 8985 §6.2, steps 1 to 3: the segment that was sent last of those that arrived.
void connection::note_delivery(const chunk& c, instant now)
{
    const nanoseconds trip = now - c.sent_at;
    if (c.retransmitted && trip < _rtt.least())
        return; // the acknowledgement is for the first one
    if (c.end() > _highest_delivered)
        _highest_delivered = c.end();
    else if (!c.retransmitted && c.end() < _highest_delivered)
        _reordering_seen = true;
    if (c.sent_at > _rack_sent_at || (c.sent_at == _rack_sent_at && c.end() > _rack_end)) {
        _rack_sent_at = c.sent_at;
        _rack_end = c.end();
        _rack_round_trip = static_cast<u32>(
            std::min<s64>(duration_cast<microseconds>(trip).count(), std::numeric_limits<u32>::max()));
    }
}

/// RFC 8985 §6.2 step 4.
nanoseconds connection::reordering_window()
{
    if (!_reordering_seen &&
        (_phase != phase::open || _queue.selectively_acknowledged() >= duplicate_threshold * _segment_size))
        return nanoseconds(0);
    return std::min<nanoseconds>(nanoseconds(_rtt.least()) / 4 * _reordering_steps, _rtt.smoothed());
}

/// RFC 8985 §6.2 step 5: what was sent before something that arrived, and long enough ago.
void connection::detect_losses(instant now)
{
    if (_rack_sent_at == instant{})
        return;
    const nanoseconds patience = microseconds(_rack_round_trip) + reordering_window();
    instant look_again = timekeeping::never;
    for (chunk* c = _queue.oldest(); c;) {
        if (c->sent_at > _rack_sent_at || (c->sent_at == _rack_sent_at && c->end() > _rack_end))
            break;
        chunk* const next = _queue.following_by_time(*c);
        const instant lost_at = c->sent_at + patience;
        if (lost_at <= now)
            _queue.mark_lost(*c);
        else
            look_again = look_again == timekeeping::never ? lost_at : std::max(look_again, lost_at);
        c = next;
    }
    if (look_again != timekeeping::never) {
        _retransmission = retransmission::reordering;
        schedule(deadline::retransmit, look_again);
    } else if (_retransmission == retransmission::reordering) {
        _retransmission = retransmission::none;
    }
}

[[gnu::noinline]] void connection::recover(const segment& s, u32 delivered, bool progress, bool duplicate,
                                           bool reported, instant now)
{
    // The receiver forgot what it had promised (RFC 2018 §8).
    if (chunk* first = _queue.first(); first && first->selectively && progress) {
        _protocol.stack().counters().tcp.sack_reneging++;
        _queue.forget_selective();
    }
    // RFC 8985 §7.4: the probe repaired a loss that nobody else saw.
    if (_probe_outstanding && s.acknowledgement >= _probe_end) {
        _probe_outstanding = false;
        const bool duplicate_of_probe =
            s.options.sack_count > 0 && sequence{s.options.sack[0].right} <= s.acknowledgement;
        if (_probe_retransmits && !duplicate_of_probe && _phase == phase::open) {
            _congestion.threshold = algorithm().back_off(_congestion, pipe() + delivered, _segment_size);
            _congestion.window = std::min(_congestion.window, _congestion.threshold);
        }
    }
    // RFC 3522: the acknowledgement answers the first transmission, so nothing was lost.
    const bool spurious_by_time =
        progress && _timestamps && s.options.timestamp && s.options.timestamp->echo != 0 && _undo_possible &&
        _retransmissions_to_undo > 0 &&
        static_cast<s32>(s.options.timestamp->echo - _first_retransmission_stamp) < 0;
    const bool spurious_by_report =
        reported && _undo_possible && _recovery_retransmitted && _retransmissions_to_undo == 0;
    if (_phase != phase::open && (spurious_by_time || spurious_by_report)) {
        auto& count = _protocol.stack().counters().tcp;
        (_phase == phase::loss ? count.undone_timeouts
         : spurious_by_report  ? count.undone_by_report
                               : count.undone_by_time)++;
        undo_recovery();
    }

    if (_sack) {
        detect_losses(now);
    } else if (duplicate && _duplicate_acks < 255) {
        _duplicate_acks++;
        if (_duplicate_acks == duplicate_threshold && _phase == phase::open &&
            s.acknowledgement > _recovery_end) {
            if (chunk* first = _queue.first())
                if (first->length() <= _segment_size || _queue.split(*first, first->begin + _segment_size))
                    _queue.mark_lost(*first);
        }
    } else if (progress && _phase == phase::recovery && s.acknowledgement < _recovery_end) {
        // RFC 6582 §3.2: a partial acknowledgement tells of the next loss.
        _duplicate_acks =
            static_cast<u8>(_duplicate_acks - std::min<u32>(_duplicate_acks, delivered / _segment_size));
        if (chunk* first = _queue.first(); first && first->sent && !first->lost && !first->retransmitted)
            if (first->length() <= _segment_size || _queue.split(*first, first->begin + _segment_size))
                _queue.mark_lost(*first);
    }
    if (!_sack && progress && _phase == phase::open)
        _duplicate_acks = 0;

    if (_phase != phase::open && s.acknowledgement >= _recovery_end)
        leave_recovery();
    if (_phase == phase::open && _queue.lost() > 0)
        enter_recovery(now);
    else if (_phase == phase::recovery)
        proportional_rate(delivered, progress);
    else if (_phase == phase::loss && progress)
        _congestion.window = std::min(_congestion.window + std::min(delivered, 2 * _segment_size),
                                      std::max(_congestion.threshold, _congestion.window));
}

void connection::enter_recovery(instant)
{
    _protocol.stack().counters().tcp.fast_retransmits++;
    _window_before = _congestion.window;
    _threshold_before = _congestion.threshold;
    _recovery_flight = _queue.next() - _queue.begin();
    _congestion.threshold = algorithm().back_off(_congestion, _recovery_flight, _segment_size);
    _phase = phase::recovery;
    _recovery_end = _queue.next();
    _recovery_delivered = _recovery_sent = 0;
    _undo_possible = true;
    _recovery_retransmitted = false;
    _retransmissions_to_undo = 0;
    _congestion.window = pipe() + _segment_size; // the first retransmission goes at once
}

/// RFC 6937 §3.1, with the slow-start reduction bound.
void connection::proportional_rate(u32 delivered, bool progress)
{
    _recovery_delivered += delivered;
    const u32 flight = pipe();
    u64 sendable;
    if (flight > _congestion.threshold) {
        const u64 share = (u64{_recovery_delivered} * _congestion.threshold + _recovery_flight - 1) /
                          std::max(_recovery_flight, 1u);
        sendable = share > _recovery_sent ? share - _recovery_sent : 0;
    } else {
        u64 limit = _recovery_delivered > _recovery_sent ? _recovery_delivered - _recovery_sent : 0;
        if (progress)
            limit = std::max<u64>(limit, delivered) + _segment_size;
        else
            limit = std::max<u64>(limit, delivered);
        sendable = std::min<u64>(_congestion.threshold - flight, limit);
    }
    if (_recovery_sent == 0)
        sendable = std::max<u64>(sendable, _segment_size);
    _congestion.window = static_cast<u32>(flight + sendable);
}

void connection::leave_recovery()
{
    if (_phase == phase::recovery)
        _congestion.window = _congestion.threshold;
    _phase = phase::open;
    _duplicate_acks = 0;
    _undo_possible = false;
    // RFC 8985 §6.2 step 4: a wider window for reordering is kept for 16 recoveries.
    if (_reordering_persists > 0 && --_reordering_persists == 0)
        _reordering_steps = 1;
}

void connection::undo_recovery()
{
    _congestion.window = std::max(_congestion.window, _window_before);
    _congestion.threshold = std::max(_congestion.threshold, _threshold_before);
    if (_congestion.first_slow_start())
        algorithm().start(_congestion); // as if nothing had been
    _queue.forget_losses();
    _phase = phase::open;
    _undo_possible = false;
    _duplicate_acks = 0;
    _backoff = 0;
}

/// RFC 6298 §5.4 to 5.6, RFC 5681 §3.1.
void connection::retransmission_timeout(instant now)
{
    auto& count = _protocol.stack().counters().tcp;
    count.timeouts++;
    if (gave_up(now)) {
        count.abort_on_timeout++;
        return end(_soft_error != errc{} ? _soft_error : errc::etimedout);
    }
    if (_first_timeout == instant{})
        _first_timeout = now;
    if (_phase != phase::loss) {
        _window_before = _congestion.window;
        _threshold_before = _congestion.threshold;
        _congestion.threshold = algorithm().back_off(_congestion, pipe(), _segment_size);
        _recovery_delivered = _recovery_sent = 0;
        _undo_possible = true;
        _recovery_retransmitted = false;
        _retransmissions_to_undo = 0;
    }
    _phase = phase::loss;
    _recovery_end = _queue.next();
    _duplicate_acks = 0;
    _probe_outstanding = false;
    while (chunk* c = _queue.oldest())
        _queue.mark_lost(*c);
    _congestion.window = _segment_size;
    if (_backoff < 16)
        _backoff++;
    if (_backoff >= 3)
        _path = nullptr; // maybe the way changed
    output(now);
    if (_state != state::closed)
        schedule_retransmission(now);
}

/// RFC 8985 §7.3: something that asks for an acknowledgement, before the time-out comes.
void connection::probe_tail(instant now)
{
    _retransmission = retransmission::none;
    _protocol.stack().counters().tcp.tail_probes++;
    chunk* const unsent = _queue.first_unsent();
    const u32 in_window = _send_window - std::min(_send_window, _queue.next() - _queue.begin());
    bool sent = false;
    if (unsent && in_window > 0) {
        _probe_retransmits = false;
        sent = send_chunks(*unsent, gather(*unsent, std::min(_segment_size, in_window), false), now);
    } else if (chunk* last = _queue.last_sent(); last && last->in_flight) {
        if (last->length() > _segment_size && _queue.split(*last, last->end() - _segment_size))
            last = _queue.following(*last);
        _probe_retransmits = true;
        sent = send_chunks(*last, std::min(last->length(), _segment_size), now);
    }
    if (sent) {
        _probe_outstanding = true;
        _probe_end = _queue.next();
    }
    // The time-out still comes if this is not answered.
    _retransmission = retransmission::timeout;
    schedule(deadline::retransmit, now + _rtt.timeout());
}

/// What is to happen if no acknowledgement comes: a probe first, where that is allowed, else the time-out.
void connection::schedule_retransmission(instant now)
{
    if (_queue.in_flight() == 0 && _queue.lost() == 0) {
        if (_queue.unsent() > 0 && _queue.selectively_acknowledged() == 0) {
            // Nothing is on its way that would be answered: the window is closed, or we hold back.
            const bool closed = _send_window < _queue.next() - _queue.begin() + 1;
            if (_retransmission != retransmission::persist) {
                _retransmission = retransmission::persist;
                schedule(deadline::retransmit,
                         now + (closed ? _rtt.timeout() : nanoseconds(milliseconds(200))));
            }
            return;
        }
        if (_queue.selectively_acknowledged() == 0) {
            _retransmission = retransmission::none;
            stop(deadline::retransmit);
            return;
        }
    }
    if (_retransmission == retransmission::reordering)
        return;
    const nanoseconds timeout =
        std::min<nanoseconds>(_rtt.timeout() * (u64{1} << _backoff), rtt_estimator::greatest_timeout);
    // Of the oldest, but an acknowledgement that moved on begins it anew (RFC 6298 §5.3).
    chunk* const oldest = _queue.oldest();
    const instant since = oldest ? std::max(oldest->sent_at, _last_progress) : now;
    const instant expires = std::max(before_giving_up(since + timeout), now);
    if (_sack && _phase == phase::open && !_probe_outstanding && _rtt.measured() && _backoff == 0 &&
        _queue.selectively_acknowledged() == 0) {
        const bool one = _queue.in_flight() <= _segment_size;
        const nanoseconds probe = 2 * nanoseconds(_rtt.smoothed()) +
                                  (one ? nanoseconds(longest_ack_delay) : nanoseconds(probe_margin));
        if (now + probe < expires) {
            _retransmission = retransmission::probe;
            schedule(deadline::retransmit, now + probe);
            return;
        }
    }
    _retransmission = retransmission::timeout;
    schedule(deadline::retransmit, expires);
}
} // namespace net::tcp
