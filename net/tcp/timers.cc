// Deadlines of a connection: sending again, late acknowledgements, keep-alive, giving up.
#include "net/stack.hh"
#include "net/tcp/listener.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
namespace
{
/// As Linux's tcp_retries2: some 15 minutes.
constexpr unsigned most_retries = 15;
/// As tcp_orphan_retries: when nobody waits for the data's arrival any more.
constexpr unsigned most_orphan_retries = 8;
constexpr unsigned most_answer_retries = 5; // tcp_synack_retries
constexpr auto longest_delayed_start = seconds(60);
} // namespace

/// The timer is only touched for a deadline before the one that it is armed for.
void connection::schedule(deadline d, instant at)
{
    _deadlines[static_cast<unsigned>(d)] = at;
    if (at >= _armed_for)
        return;
    _armed_for = at;
    add_ref(); // the timer's
    if (arm(at))
        release(); // it had one
}

void connection::timer_fired(timer& t)
{
    const auto self = ref_ptr<connection>::adopt(static_cast<connection*>(&t));
    WITH_LOCK(self->lock)
    {
        // Somebody may have armed it again while it waited for the lock.
        if (!self->armed())
            self->_armed_for = timekeeping::never;
        self->run_deadlines(timekeeping::now());
    }
    self->settle();
}

void connection::run_deadlines(instant now)
{
    const auto take = [&](deadline d) REQUIRES(lock) {
        if (_state == state::closed || due(d) > now)
            return false;
        stop(d);
        return true;
    };
    if (take(deadline::delayed_ack) && (_ack_later || _ack_now)) {
        // The answer that was waited for did not come in time.
        _interactive = false;
        _protocol.stack().counters().tcp.delayed_acks++;
        send_ack(now);
    }
    if (take(deadline::retransmit))
        retransmission_due(now);
    if (take(deadline::keep_alive))
        keep_alive_due(now);
    if (take(deadline::linger)) // FIN_WAIT_2 without anybody (tcp(7), TCP_LINGER2)
        end(errc{});
    if (_state == state::closed)
        return;
    instant earliest = timekeeping::never;
    for (unsigned i = 0; i < deadline_count; i++)
        earliest = std::min(earliest, _deadlines[i]);
    for (unsigned i = 0; i < deadline_count; i++)
        if (_deadlines[i] == earliest && earliest != timekeeping::never)
            return schedule(static_cast<deadline>(i), earliest);
}

void connection::retransmission_due(instant now)
{
    switch (std::exchange(_retransmission, retransmission::none)) {
    case retransmission::timeout:
        if (_state == state::syn_sent || _state == state::syn_received)
            syn_timeout(now);
        else if (_queue.in_flight() > 0 || _queue.lost() > 0 || _queue.selectively_acknowledged() > 0)
            retransmission_timeout(now);
        break;
    case retransmission::probe:
        probe_tail(now);
        break;
    case retransmission::reordering:
        detect_losses(now);
        if (_queue.lost() > 0 && _phase == phase::open)
            enter_recovery(now);
        output(now);
        if (_state != state::closed)
            schedule_retransmission(now);
        break;
    case retransmission::persist:
        probe_window(now);
        break;
    case retransmission::none:
        break;
    }
}

void connection::syn_timeout(instant now)
{
    const bool deferred = _deferred_ack_seen && now < _first_timeout + seconds(chosen.defer_accept);
    const unsigned most = _passive ? most_answer_retries : chosen.syn_count;
    const bool late =
        !_passive && chosen.user_timeout && now >= _first_timeout + milliseconds(chosen.user_timeout);
    if ((_backoff >= most && !deferred) || late) {
        _protocol.stack().counters().tcp.attempt_fails++;
        return end(_passive ? errc{} : _soft_error != errc{} ? _soft_error : errc::etimedout);
    }
    if (!deferred) {
        _backoff++;
        _protocol.stack().counters().tcp.retransmitted++;
        send_syn(now);
    }
    _retransmission = retransmission::timeout;
    const nanoseconds wait =
        deferred
            ? _first_timeout + seconds(chosen.defer_accept) - now
            : std::min<nanoseconds>(rtt_estimator::initial_timeout * (1u << _backoff), longest_delayed_start);
    schedule(deadline::retransmit, now + wait);
}

/// Whether it is time to end the connection instead of trying again (RFC 9293 §3.8.3, RFC 5482).
bool connection::gave_up(instant now)
{
    if (in_the_way())
        return true;
    if (chosen.user_timeout && _first_timeout != instant{})
        return now >= _first_timeout + milliseconds(chosen.user_timeout);
    return _backoff >= (_orphan ? most_orphan_retries : most_retries);
}

/// RFC 9293 §3.8.6.1: a closed window must be asked, or a lost update would be the end. What is held back by
/// TCP_CORK goes out, too.
void connection::probe_window(instant now)
{
    if (_queue.unsent() == 0)
        return;
    const u32 outstanding = _queue.next() - _queue.begin();
    if (_send_window > outstanding) {
        chunk& c = *_queue.first_unsent();
        send_chunks(c, gather(c, std::min(_send_window - outstanding, largest_packet()), false), now);
        output(now);
        return schedule_retransmission(now);
    }
    if (_first_timeout == instant{})
        _first_timeout = now;
    // Answers that leave the window closed end no series: the pauses grow, and TCP_USER_TIMEOUT counts on.
    const bool late = chosen.user_timeout && now >= _first_timeout + milliseconds(chosen.user_timeout);
    if (late || (_orphan && _backoff >= most_orphan_retries) || in_the_way()) {
        _protocol.stack().counters().tcp.abort_on_timeout++;
        return end(errc::etimedout);
    }
    _probes = static_cast<u8>(std::min(_probes + 1, 250));
    if (_backoff < 16)
        _backoff++;
    // A number before the window makes the other side answer, and needs no memory of what was in it.
    send_control(tcp_header::ack, _queue.begin() - 1, now);
    _retransmission = retransmission::persist;
    const nanoseconds wait =
        std::min<nanoseconds>(_rtt.timeout() * (u64{1} << _backoff), rtt_estimator::greatest_timeout);
    schedule(deadline::retransmit, before_giving_up(now + wait));
}

/// A deadline, or when TCP_USER_TIMEOUT is over if that is earlier.
instant connection::before_giving_up(instant at) const
{
    if (chosen.user_timeout && _first_timeout != instant{})
        return std::min(at, _first_timeout + milliseconds(chosen.user_timeout));
    return at;
}

void connection::restart_keep_alive_locked()
{
    if (!chosen.keep_alive || _state == state::closed || !synchronised(_state))
        return stop(deadline::keep_alive);
    _probes = 0;
    schedule(deadline::keep_alive, std::max(_last_arrival, _last_sent) + seconds(chosen.keep_idle));
}

/// RFC 9293 §3.8.4.
void connection::keep_alive_due(instant now)
{
    if (!chosen.keep_alive || !synchronised(_state) || _state == state::syn_received)
        return;
    const nanoseconds idle_limit = seconds(chosen.keep_idle);
    // Data on its way has its own time-outs.
    if (_queue.in_flight() > 0 || _queue.unsent() > 0 || now - _last_arrival < idle_limit) {
        const instant from = now - _last_arrival < idle_limit ? _last_arrival : now;
        _probes = 0;
        return schedule(deadline::keep_alive, from + idle_limit);
    }
    const bool late = chosen.user_timeout
                          ? now - _last_arrival >= milliseconds(chosen.user_timeout) && _probes > 0
                          : _probes >= chosen.keep_count;
    if (late) {
        _protocol.stack().counters().tcp.abort_on_timeout++;
        send_reset();
        return end(errc::etimedout);
    }
    _probes++;
    _protocol.stack().counters().tcp.keep_alive_probes++;
    send_control(tcp_header::ack, _queue.begin() - 1, now);
    schedule(deadline::keep_alive, now + seconds(chosen.keep_interval));
}
} // namespace net::tcp
