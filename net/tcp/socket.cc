#include "net/tcp/socket.hh"

#include <algorithm>

#include "net/interface/interface.hh"
#include "net/link/loopback.hh"
#include "net/stack.hh"
#include "net/tcp/protocol.hh"

namespace net::tcp
{
socket::socket(net::family f, ref_ptr<connection> c)
    : net::socket(f, socket_type::stream, protocol_number::tcp), _connection(std::move(c))
{
    lock_guard guard{_connection->lock};
    _connection->attach_locked(this);
    if (_connection->current_locked() == state::closed && !_connection->was_established_locked())
        _connection->tuple_locked().local = ip_address::any(f);
}

socket::~socket()
{
    bool closed = false;
    WITH_LOCK(_connection->lock)
    {
        closed = _closed;
    }
    if (!closed)
        close();
}

result<ref_ptr<net::socket>> socket::create(tcp::protocol& p, net::family f)
{
    auto c = TRY(make_ref<connection>(p));
    return TRY(make_ref<socket>(f, std::move(c)));
}

/// Of a link-local address.
result<net::interface*> socket::interface_of(u32 scope) const
{
    if (scope == 0)
        return static_cast<net::interface*>(nullptr);
    net::interface* const found = _connection->owner().stack().interfaces().by_index(scope);
    if (!found)
        return fail(errc::enodev);
    return found;
}

result<void> socket::bind(const endpoint& local)
{
    auto& all = _connection->owner().stack().interfaces();
    lock_guard guard{_connection->lock};
    if (!local.address.is_any() && !all.is_local(local.address))
        return fail(errc::eaddrnotavail);
    return _connection->bind_locked(local);
}

result<void> socket::connect(const endpoint& peer)
{
    net::interface* const out = TRY(interface_of(peer.scope));
    _connection->wait_until_settled();
    loopback::direct_delivery delivery;
    lock_guard guard{_connection->lock};
    if (_listener)
        return fail(errc::eisconn);
    switch (_connection->current_locked()) {
    case state::syn_sent:
    case state::syn_received:
        return fail(errc::ealready);
    case state::closed:
        if (_connecting) { // the last attempt failed, and here it is told
            _connecting = false;
            const errc why = _connection->take_error_locked();
            return fail(why != errc{} ? why : errc::econnaborted);
        }
        if (_connection->was_established_locked())
            return fail(errc::eisconn);
        break;
    default:
        if (!_connecting)
            return fail(errc::eisconn);
        _connecting = false;
        return {};
    }
    if (peer.address.is_multicast() || (peer.address.is_ipv4() && peer.address.as_ipv4().is_broadcast()))
        return fail(errc::enetunreach);
    // Whether it will leave there is not known yet.
    delivery.begin(_connection->owner().stack().interfaces().loopback());
    TRY(_connection->open_locked(peer, out));
    _connecting = true;
    return fail(errc::einprogress);
}

result<void> socket::disconnect()
{
    WITH_LOCK(_connection->lock)
    {
        if (_listener)
            return fail(errc::einval);
        _connection->abort_locked();
        _connecting = false;
    }
    _connection->wait_until_settled();
    lock_guard reading{_reading};
    _unread.clear();
    _has_unread.store(false, std::memory_order_relaxed);
    lock_guard guard{_connection->lock};
    _connection->forget_locked();
    return {};
}

result<void> socket::listen(unsigned backlog)
{
    ref_ptr<listener> created;
    lock_guard guard{_connection->lock};
    if (_listener) {
        _listener->set_backlog(backlog);
        return {};
    }
    if (_connection->current_locked() != state::closed || _connection->was_established_locked())
        return fail(errc::einval);
    if (!_connection->bound_locked())
        TRY(_connection->bind_locked({.address = _connection->tuple().local}));
    created =
        TRY(make_ref<listener>(_connection->owner(), *_connection, _connection->chosen, backlog, queue()));
    TRY(_connection->owner().ports().listen(*_connection, *created));
    _listener = std::move(created);
    return {};
}

result<ref_ptr<net::socket>> socket::accept()
{
    ref_ptr<listener> from;
    WITH_LOCK(_connection->lock)
    {
        from = _listener;
    }
    if (!from)
        return fail(errc::einval);
    auto c = TRY(from->accept());
    auto made = make_ref<socket>(family(), c);
    if (!made) {
        WITH_LOCK(c->lock)
        {
            c->abort_locked();
        }
        c->settle();
        return fail(made.error());
    }
    return made.take();
}

result<void> socket::shutdown(direction d)
{
    ref_ptr<listener> stopped;
    WITH_LOCK(_connection->lock)
    {
        if (_listener) { // Linux ends listening when it may not receive any more
            if (d == direction::write)
                return {};
            stopped = std::move(_listener);
            _connection->owner().ports().stop_listening(*stopped);
            _connection->use_locked().listening = false;
        } else {
            if (_connection->current_locked() == state::closed)
                return fail(errc::enotconn);
            if (d != direction::write)
                _connection->shut_down_receiving_locked();
            if (d != direction::read)
                _connection->shut_down_sending_locked();
        }
    }
    if (stopped) {
        stopped->close();
        queue().wake_all(event::readable | event::hang_up);
    }
    _connection->settle();
    return {};
}

/// SO_LINGER with a time: waits until everything was acknowledged, FIN included.
void socket::linger_on_close()
{
    const bool lingers = _connection->chosen.lingers;
    const seconds longest{_connection->chosen.linger_seconds};
    if (!lingers || longest == seconds{0} || _connection->readable_locked() > 0)
        return;
    _connection->shut_down_sending_locked();
    const auto gone = [this]() REQUIRES(_connection->lock) {
        const state s = _connection->current_locked();
        return s != state::fin_wait_1 && s != state::closing && s != state::last_ack;
    };
    (void)wait_until(queue(), _connection->lock, gone,
                     {.deadline = timekeeping::now() + longest, .interruptible = true});
}

void socket::close()
{
    ref_ptr<listener> stopped;
    WITH_LOCK(_connection->lock)
    {
        if (std::exchange(_closed, true))
            return;
        if (_listener) {
            stopped = std::move(_listener);
            _connection->owner().ports().stop_listening(*stopped);
        }
        linger_on_close();
        _connection->close_locked(false);
    }
    if (stopped)
        stopped->close();
    _connection->settle();
}

endpoint socket::local() const
{
    lock_guard guard{_connection->lock};
    return {_connection->tuple().local, _connection->tuple().local_port};
}

result<endpoint> socket::peer() const
{
    lock_guard guard{_connection->lock};
    const state s = _connection->current_locked();
    if (s == state::closed || s == state::syn_sent)
        return fail(errc::enotconn);
    return endpoint{_connection->tuple().remote, _connection->tuple().remote_port};
}

u32 socket::events()
{
    lock_guard guard{_connection->lock};
    if (_listener)
        return _listener->ready() ? event::readable & ~event::read_hang_up : 0;
    return _connection->events_locked();
}

errc socket::take_error()
{
    lock_guard guard{_connection->lock};
    return _connection->take_error_locked();
}

bool socket::listening() const
{
    lock_guard guard{_connection->lock};
    return _listener != nullptr;
}

result<u32> socket::readable_bytes()
{
    lock_guard guard{_connection->lock};
    if (_listener)
        return fail(errc::einval);
    return _connection->readable_locked();
}

result<u32> socket::unsent_bytes()
{
    lock_guard guard{_connection->lock};
    if (_listener)
        return fail(errc::einval);
    return _connection->unacknowledged_locked();
}

result<size_t> socket::describe_tcp(std::span<std::byte> to) const
{
    lock_guard guard{_connection->lock};
    const size_t length = _connection->describe_locked(to);
    if (_listener && length > 0) // a state of sockets only
        to[0] = static_cast<std::byte>(state::listen);
    return length;
}
} // namespace net::tcp
