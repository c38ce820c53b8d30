// How a connection ends: by FINs both ways, by a reset, by giving up (RFC 9293 §3.6, §3.10.4, §3.10.5).
#include "arch/cpu.hh"
#include "net/stack.hh"
#include "net/tcp/listener.hh"
#include "net/tcp/protocol.hh"
#include "net/tcp/socket.hh"

namespace net::tcp
{
void connection::notify(u32 events)
{
    _quiet.store(false, std::memory_order_release);
    if (_socket)
        _socket->queue().wake_all(events);
}

void connection::remove_from_table()
{
    if (_protocol.leave(*this))
        release(); // the table's; the caller has another one
}

/// Nothing more will happen. What arrived can still be read.
void connection::end(errc why)
{
    if (_state == state::closed)
        return;
    if (_listener && !_was_established && _listener->forget(*this))
        release(); // the caller has another one
    if (!_was_established || !_passive)
        _listener = nullptr;
    if (_state == state::established)
        _protocol.stack().counters().tcp.established--;
    _state = state::closed;
    if (why != errc{})
        _error = why;
    _receive_shut_down = _send_shut_down = true;
    _queue.clear();
    _retransmission = retransmission::none;
    for (instant& d : _deadlines)
        d = timekeeping::never;
    remove_from_table();
    if (!_bound)
        release_port_locked();
    if (_orphan) {
        _received.clear();
        _protocol.memory().orphan_gone();
    }
    account();
    _ending.store(ending::due, std::memory_order_release);
    notify(event::readable | event::writable | event::error | event::hang_up);
}

/// Cancels the timer, whose reference would keep an ended connection for up to two hours. Not under the lock,
/// which its function takes.
void connection::settle_ended()
{
    auto expected = ending::due;
    if (!_ending.compare_exchange_strong(expected, ending::settling, std::memory_order_acq_rel))
        return;
    const bool had_reference = cancel();
    _ending.store(ending::no, std::memory_order_release);
    if (had_reference)
        release(); // the caller has another one
}

void connection::wait_until_settled()
{
    settle();
    while (_ending.load(std::memory_order_acquire) != ending::no)
        arch::cpu_relax(); // another CPU is about to
}

void connection::abandon()
{
    WITH_LOCK(lock)
    {
        _listener = nullptr;
        end(errc::enetdown);
    }
    settle();
}

/// The table gets a smaller entry in our place (time_wait.hh); without memory, none.
void connection::enter_time_wait(instant)
{
    auto* entry = new (std::nothrow) time_wait(_tuple, _use,
                                               {.send_next = _queue.end(),
                                                .receive_next = _receive_next,
                                                .window = announce_window(),
                                                .has_timestamps = _timestamps,
                                                .recent_timestamp = _recent_timestamp,
                                                .timestamp_offset = _timestamp_offset});
    if (entry && _protocol.enter_time_wait(*this, *entry))
        release(); // the table's; the caller has another one
    else
        delete entry;
    end(errc{});
}

void connection::release_port_locked()
{
    ports::leave(*this);
}

void connection::shut_down_sending_locked()
{
    if (_send_shut_down)
        return;
    switch (_state) {
    case state::syn_sent:
        end(errc{});
        return;
    case state::established:
        _protocol.stack().counters().tcp.established--;
        [[fallthrough]];
    case state::syn_received:
        _state = state::fin_wait_1;
        break;
    case state::close_wait:
        _state = state::last_ack;
        break;
    default:
        return;
    }
    _send_shut_down = true;
    _more = false;
    if (!_queue.push_fin()) {
        _protocol.stack().counters().tcp.abort_on_memory++;
        send_reset();
        return end(errc::enomem);
    }
    output(timekeeping::now());
    notify(event::writable);
}

void connection::shut_down_receiving_locked()
{
    _receive_shut_down = true;
    notify(event::readable);
}

void connection::abort_locked()
{
    if (synchronised(_state))
        send_reset();
    end(errc{});
}

void connection::become_orphan()
{
    if (_orphan)
        return;
    _orphan = true;
    _protocol.memory().orphan_added();
}

void connection::close_locked(bool unread)
{
    _socket = nullptr;
    _receive_shut_down = true;
    _taken = 0;
    if (_state == state::closed) {
        _orphan = true;
        _received.clear();
        account();
        release_port_locked();
        return;
    }
    become_orphan();
    const bool reset = unread || readable_locked() > 0 || (chosen.lingers && chosen.linger_seconds == 0);
    if (_state == state::syn_sent || (reset && synchronised(_state))) {
        // RFC 2525 §2.17: what nobody read was not delivered.
        if (unread || readable_locked() > 0)
            _protocol.stack().counters().tcp.abort_on_data++;
        abort_locked();
        release_port_locked();
        return;
    }
    if (_protocol.memory().too_many_orphans() || in_the_way()) {
        _protocol.stack().counters().tcp.abort_on_memory++;
        abort_locked();
        release_port_locked();
        return;
    }
    shut_down_sending_locked();
    _bound = false; // its port is free as soon as it ends
    if (_state == state::fin_wait_2)
        finish_closing(timekeeping::now());
}

/// In FIN_WAIT_2, and nobody is left who could read.
void connection::finish_closing(instant now)
{
    if (chosen.linger2 < 0) {
        send_reset();
        return end(errc{});
    }
    stop(deadline::keep_alive);
    schedule(deadline::linger, now + seconds(chosen.linger2));
}

/// RFC 9293 §3.9.2.2, RFC 5927: what ICMP says of a connection is a hint, unless it is still being opened.
void connection::arrive(const icmp_error& e, sequence about)
{
    WITH_LOCK(lock)
    {
        const sequence oldest =
            synchronised(_state) && _state != state::syn_received ? _queue.begin() : _initial_send;
        if (_state != state::closed && about >= oldest && about <= _queue.next()) {
            if (e.what == icmp_error::kind::too_big) {
                const u32 before = _segment_size;
                if (refresh_path())
                    update_segment_size();
                if (_segment_size < before && synchronised(_state)) {
                    // What was too long is lost, through no fault of the network's load.
                    if (chunk* first = _queue.first(); first && first->in_flight)
                        _queue.mark_lost(*first);
                    output(timekeeping::now());
                }
            } else if (_state == state::syn_sent || (_state == state::syn_received && !_passive)) {
                _protocol.stack().counters().tcp.attempt_fails++;
                end(e.error);
            } else {
                _soft_error = e.error;
            }
        }
    }
    settle();
}
} // namespace net::tcp
