#include "net/tcp/listener.hh"

#include "net/header/tcp.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
listener::listener(protocol& p, connection& parent, const settings& chosen, unsigned backlog,
                   wait_queue& waiters)
    : _protocol(p), _parent(parent), _chosen(chosen), _backlog(backlog), _waiters(&waiters)
{
}

void listener::set_backlog(unsigned backlog)
{
    lock_guard guard{_lock};
    _backlog = backlog;
}

void listener::set_chosen(const settings& chosen)
{
    lock_guard guard{_lock};
    _chosen = chosen;
}

bool listener::ready()
{
    lock_guard guard{_lock};
    return !_ready.empty();
}

listener::queue_lengths listener::lengths()
{
    lock_guard guard{_lock};
    return {_ready_count, _backlog};
}

result<ref_ptr<connection>> listener::accept()
{
    ref_ptr<connection> c;
    WITH_LOCK(_lock)
    {
        if (_ready.empty())
            return fail(errc::eagain);
        c = ref_ptr<connection>::adopt(&_ready.front());
        _ready.pop_front();
        _ready_count--;
    }
    WITH_LOCK(c->lock)
    {
        c->detach_listener_locked();
    }
    return c;
}

void listener::close()
{
    connection::waiting_list all;
    WITH_LOCK(_lock)
    {
        _closed = true;
        _waiters = nullptr;
        all.splice(all.end(), _half_open);
        all.splice(all.end(), _ready);
        _half_open_count = _ready_count = 0;
    }
    while (!all.empty()) {
        const auto c = ref_ptr<connection>::adopt(&all.front());
        all.pop_front();
        WITH_LOCK(c->lock)
        {
            c->detach_listener_locked();
            c->abort_locked();
        }
        c->settle();
    }
}

bool listener::finished(connection& c)
{
    lock_guard guard{_lock};
    if (_closed || _ready_count > _backlog) {
        _protocol.stack().counters().tcp.listen_overflows++;
        return false;
    }
    _half_open.erase(_half_open.iterator_to(c));
    _half_open_count--;
    _ready.push_back(c);
    _ready_count++;
    _waiters->wake_one(event::readable);
    return true;
}

bool listener::forget(connection& c)
{
    lock_guard guard{_lock};
    if (_closed)
        return false; // close() has it
    // A connection that was ready stays so, although it ended: accept() hands it out, as Linux does.
    if (c._state == state::syn_received || !c._was_established) {
        _half_open.erase(_half_open.iterator_to(c));
        _half_open_count--;
        return true;
    }
    return false;
}

bool listener::arrive(const four_tuple& t, segment& s, packet_ptr& p, net::interface* link)
{
    if (s.has(tcp_header::syn) && !s.has(tcp_header::ack))
        return syn(t, s, link);
    if (s.has(tcp_header::ack) && !s.has(tcp_header::syn))
        return cookie(t, s, p, link);
    return false;
}

bool listener::syn(const four_tuple& t, segment& s, net::interface* link)
{
    auto& count = _protocol.stack().counters().tcp;
    bool flooded = false;
    WITH_LOCK(_lock)
    {
        if (_closed)
            return false;
        if (_ready_count > _backlog) {
            count.listen_overflows++;
            return true; // dropped: the other side will try again
        }
        flooded = _half_open_count >= std::max(_backlog, 1u);
        if (flooded) {
            _cookies_sent = true;
            _last_cookie = s.at;
        }
    }
    if (flooded) {
        send_cookie(t, s, link);
        return true;
    }
    const bool ecn = s.has(tcp_header::ece) && s.has(tcp_header::cwr);
    auto made = create({.tuple = t,
                        .initial_send = _protocol.initial_sequence(t, s.at),
                        .initial_receive = s.begin,
                        .options = s.options,
                        .window = s.window,
                        .wants_ecn = ecn,
                        .at = s.at,
                        .in = link},
                       false);
    if (!made)
        count.backlog_drops++;
    return true;
}

void listener::copy_chosen(connection& c)
{
    lock_guard guard{_lock};
    c.chosen = _chosen;
}

/// It is half open from now on. False: nobody listens any more.
bool listener::enlist(connection& c)
{
    lock_guard guard{_lock};
    if (_closed)
        return false;
    _half_open.push_back(c);
    _half_open_count++;
    c.add_ref();
    c.attach_listener_locked(*this);
    return true;
}

/// A new connection, known to the tables and to us. One without answer is thrown away.
result<ref_ptr<connection>> listener::create(const connection::request& r, bool established)
{
    auto c = TRY(make_ref<connection>(_protocol));
    result<void> begun;
    WITH_LOCK(c->lock)
    {
        copy_chosen(*c);
        begun = c->begin_passive_locked(r);
        if (begun) {
            c->use_locked() = _parent->use();
            c->use_locked().listening = false;
            begun = _protocol.ports().join(*c, r.tuple.local_port);
            if (begun)
                begun = _protocol.enter(*c, nullptr);
            if (!begun)
                ports::leave(*c);
        }
        if (begun) {
            if (!enlist(*c)) {
                c->abort_locked();
                begun = fail(errc::econnreset);
            } else if (established) {
                c->establish_locked(r.at);
            } else {
                c->answer_syn_locked();
            }
        }
    }
    c->settle();
    if (!begun)
        return fail(begun.error());
    return c;
}

void listener::send_cookie(const four_tuple& t, const segment& s, net::interface* link)
{
    _protocol.stack().counters().tcp.syn_cookies_sent++;
    // A connection that lives for this one answer.
    auto made = make_ref<connection>(_protocol);
    if (!made)
        return;
    auto c = made.take();
    lock_guard guard{c->lock};
    copy_chosen(*c);
    const u16 max_segment = s.options.max_segment.value_or(536);
    const bool ecn = s.has(tcp_header::ece) && s.has(tcp_header::cwr);
    if (c->begin_passive_locked({.tuple = t,
                                 .initial_send = _protocol.syn_cookies().make(t, s.begin, max_segment, s.at),
                                 .initial_receive = s.begin,
                                 .options = s.options,
                                 .window = s.window,
                                 .wants_ecn = ecn,
                                 .at = s.at,
                                 .in = link}))
        c->answer_with_cookie_locked(s.options);
}

bool listener::may_use_cookies()
{
    // Until two minutes after the last one, as long as check() would take it.
    lock_guard guard{_lock};
    return !_closed && _cookies_sent && timekeeping::now() < _last_cookie + seconds(120);
}

bool listener::cookie(const four_tuple& t, segment& s, packet_ptr& p, net::interface* link)
{
    if (!may_use_cookies())
        return false;
    auto& count = _protocol.stack().counters().tcp;
    const sequence initial_receive = s.begin - 1, initial_send = s.acknowledgement - 1;
    const auto max_segment = _protocol.syn_cookies().check(t, initial_receive, initial_send, s.at);
    if (!max_segment) {
        count.syn_cookies_failed++;
        return false;
    }
    count.syn_cookies_received++;
    tcp_options offered;
    offered.max_segment = *max_segment;
    bool ecn = false;
    if (s.options.timestamp) {
        const u32 stamp = s.options.timestamp->echo - _protocol.timestamp_offset(t);
        const auto memory = cookies::recall(stamp);
        offered.timestamp = s.options.timestamp;
        offered.window_scale = memory.window_scale;
        offered.sack_permitted = memory.sack;
        ecn = memory.ecn;
    }
    auto made = create({.tuple = t,
                        .initial_send = initial_send,
                        .initial_receive = initial_receive,
                        .options = offered,
                        .window = s.window,
                        .wants_ecn = ecn,
                        .at = s.at,
                        .in = link},
                       true);
    if (made) // for the window, and what it carries
        (void)made.value()->arrive(s, std::move(p));
    return true;
}
} // namespace net::tcp
