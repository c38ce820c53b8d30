// Names, connections and ends of unix sockets; see endpoint.hh. Bytes: transfer.cc.
#include "linux/socket/unix/endpoint.hh"

#include <algorithm>

#include "linux/socket/unix/credentials.hh"

namespace linux
{
using namespace net;

result<ref_ptr<unix_endpoint>> unix_endpoint::create(u32 kind)
{
    return make_ref<unix_endpoint>(kind);
}

unix_endpoint::~unix_endpoint()
{
    discard(_received); // of a connection that was never accepted
}

result<void> unix_endpoint::bind(const socket_address& local)
{
    auto made = TRY(bind_unix(local, *this));
    WITH_LOCK(_lock)
    {
        if (_name == made)
            return {}; // a name of the kernel's choice is kept
        if (!_name) {
            _name = std::move(made);
            return {};
        }
    }
    unbind_unix(*made); // another thread was first
    return fail(errc::einval);
}

result<void> unix_endpoint::connect(const socket_address& address, wait_rule& rule, bool bind_first)
{
    if (address.family() == af_unspec && !keeps_connections())
        return disconnect();
    (void)TRY(unix_text(address));
    if (bind_first && !name())
        TRY(bind(socket_address::of(u16{af_unix})));
    auto target = TRY(find_unix(address, type));
    if (keeps_connections())
        return connect_stream(*target, rule);
    if (const auto other = target->peer(); other && other.get() != this)
        return fail(errc::eperm);
    lock_guard guard{_lock};
    std::swap(_peer, target);
    _state.store(state::connected, std::memory_order_relaxed);
    return {};
}

result<void> unix_endpoint::disconnect()
{
    ref_ptr<unix_endpoint> old;
    lock_guard guard{_lock};
    std::swap(_peer, old);
    _state.store(state::idle, std::memory_order_relaxed);
    return {};
}

result<void> unix_endpoint::connect_stream(unix_endpoint& listener, wait_rule& rule)
{
    auto connection = TRY(create(type)); // the listener's side
    WITH_LOCK(_lock)
    {
        switch (_state.load(std::memory_order_relaxed)) {
        case state::connected:
            return fail(errc::eisconn);
        case state::connecting:
            return fail(errc::ealready);
        case state::listening:
            return fail(errc::einval);
        case state::idle:
            _state.store(state::connecting, std::memory_order_relaxed);
        }
    }
    ucred theirs;
    ref_ptr<unix_name> shown;
    WITH_LOCK(listener._lock)
    {
        theirs = listener._listener_credentials;
        shown = listener._name;
    }
    WITH_LOCK(connection->_lock)
    {
        connection->_name = std::move(shown);
        connection->_peer = ref_ptr<unix_endpoint>(*this);
        connection->_peer_credentials = own_credentials();
        connection->_stream_peer.store(this, std::memory_order_release);
        connection->_state.store(state::connected, std::memory_order_relaxed);
    }
    // Ours is complete before somebody can accept the other side and close it.
    WITH_LOCK(_lock)
    {
        _peer = connection;
        _peer_credentials = theirs;
        _stream_peer.store(connection.get(), std::memory_order_release);
    }
    const auto entered = wait_until_done(listener.queue(), event::writable, rule,
                                         [&] { return listener.enter_backlog(*connection); });
    ref_ptr<unix_endpoint> unused;
    WITH_LOCK(_lock)
    {
        _state.store(entered ? state::connected : state::idle, std::memory_order_relaxed);
        if (!entered) {
            _stream_peer.store(nullptr, std::memory_order_relaxed);
            std::swap(unused, _peer);
        }
    }
    if (!entered) {
        connection->drop_peer();
        return fail(entered.error());
    }
    listener.queue().wake_one(event::readable);
    return {};
}

/// Errors: econnrefused, eagain.
result<void> unix_endpoint::enter_backlog(unix_endpoint& connection)
{
    lock_guard guard{_backlog_lock};
    if (!_accepts || _shut.load(std::memory_order_relaxed) & no_reading)
        return fail(errc::econnrefused);
    if (_waiting > _backlog)
        return fail(errc::eagain);
    connection.add_ref();
    _connections.push_back(connection);
    _waiting++;
    return {};
}

void unix_endpoint::join(unix_endpoint& a, unix_endpoint& b)
{
    const ucred who = own_credentials();
    const auto set = [&](unix_endpoint& one, unix_endpoint& other) {
        lock_guard guard{one._lock};
        one._peer = ref_ptr<unix_endpoint>(other);
        one._peer_credentials = who;
        if (one.keeps_connections())
            one._stream_peer.store(&other, std::memory_order_release);
        one._state.store(state::connected, std::memory_order_relaxed);
    };
    set(a, b);
    set(b, a);
}

result<void> unix_endpoint::listen(u32 backlog)
{
    if (!keeps_connections())
        return fail(errc::eopnotsupp);
    WITH_LOCK(_lock)
    {
        const auto now = _state.load(std::memory_order_relaxed);
        if (!_name || (now != state::idle && now != state::listening))
            return fail(errc::einval);
        _state.store(state::listening, std::memory_order_relaxed);
        _listener_credentials = own_credentials();
    }
    WITH_LOCK(_backlog_lock)
    {
        _accepts = true;
        _backlog = backlog;
    }
    _queue.wake_all(event::writable);
    return {};
}

result<ref_ptr<unix_endpoint>> unix_endpoint::accept()
{
    if (!keeps_connections())
        return fail(errc::eopnotsupp);
    ref_ptr<unix_endpoint> accepted;
    bool was_full;
    WITH_LOCK(_backlog_lock)
    {
        if (!_accepts || _shut.load(std::memory_order_relaxed) & no_reading)
            return fail(errc::einval);
        if (_connections.empty())
            return fail(errc::eagain);
        accepted = ref_ptr<unix_endpoint>::adopt(&_connections.front());
        _connections.pop_front();
        was_full = _waiting-- > _backlog;
    }
    if (was_full)
        _queue.wake_one(event::writable);
    return accepted;
}

/// The other side is gone, or will send or take nothing more.
void unix_endpoint::set_no_more(u32 bits, errc error)
{
    if (error != errc{0})
        _error.store(error, std::memory_order_relaxed);
    _shut.fetch_or(bits);
    _queue.wake_all();
}

result<void> unix_endpoint::shutdown(socket::direction which)
{
    const u32 bits = which == socket::direction::both   ? no_reading | no_writing
                     : which == socket::direction::read ? no_reading
                                                        : no_writing;
    const u32 other_bits = (bits & no_reading ? no_writing : 0) | (bits & no_writing ? no_reading : 0);
    if (const auto other = keeps_connections() ? peer() : nullptr)
        other->set_no_more(other_bits, errc{0});
    set_no_more(bits, errc{0});
    return {};
}

void unix_endpoint::drop_peer()
{
    ref_ptr<unix_endpoint> old;
    WITH_LOCK(_lock)
    {
        std::swap(old, _peer);
    }
}

void unix_endpoint::close()
{
    unix_message::queue unread;
    ref_ptr<unix_endpoint> other;
    ref_ptr<unix_name> known;
    bool never_accepted = false;
    WITH_LOCK(_lock)
    {
        _closed = true;
        unread.swap(_received);
        std::swap(other, _peer);
        known = _name;
        never_accepted = !_has_file;
    }
    // A connection shows the name of its listener, who alone is registered under it.
    if (known && &known->owner() == this)
        unbind_unix(*known);
    connections refused;
    WITH_LOCK(_backlog_lock)
    {
        _accepts = false;
        refused.swap(_connections);
    }
    _queue.wake_all(); // connect() waits for a place here
    if (other && keeps_connections())
        other->set_no_more(no_reading | no_writing,
                           never_accepted || !unread.empty() ? errc::econnreset : errc{0});
    discard(unread);
    while (!refused.empty()) {
        auto connection = ref_ptr<unix_endpoint>::adopt(&refused.front());
        refused.pop_front();
        connection->close();
    }
}

ref_ptr<unix_name> unix_endpoint::name()
{
    lock_guard guard{_lock};
    return _name;
}

ref_ptr<unix_endpoint> unix_endpoint::peer()
{
    lock_guard guard{_lock};
    return _peer;
}

ucred unix_endpoint::peer_credentials()
{
    lock_guard guard{_lock};
    return _peer_credentials;
}

u32 unix_endpoint::events()
{
    const u32 shut = _shut.load(std::memory_order_relaxed);
    const auto now = _state.load(std::memory_order_relaxed);
    u32 ready = 0;
    if (_error.load(std::memory_order_relaxed) != errc{0})
        ready |= event::error;
    if (shut & no_reading)
        ready |= event::readable;
    if (shut == (no_reading | no_writing) || (keeps_connections() && now == state::idle))
        ready |= event::hang_up;
    if (now == state::listening) {
        lock_guard guard{_backlog_lock};
        return _connections.empty() ? ready : ready | (event::readable & ~event::read_hang_up);
    }
    if (writable())
        ready |= event::writable;
    lock_guard guard{_lock};
    return _received.empty() ? ready : ready | (event::readable & ~event::read_hang_up);
}

void unix_endpoint::set_send_buffer(u32 bytes)
{
    _send_buffer.store(bytes, std::memory_order_relaxed);
    if (writable())
        _queue.wake_all(event::writable);
}

void unix_endpoint::uncharge(size_t bytes)
{
    const u64 before = _charged.fetch_sub(bytes, std::memory_order_relaxed);
    const u64 limit = send_buffer();
    if (before * 4 > limit && (before - bytes) * 4 <= limit)
        _queue.wake_all(event::writable);
}

u32 unix_endpoint::state_number() const
{
    switch (_state.load(std::memory_order_relaxed)) {
    case state::connected:
        return 3;
    case state::connecting:
        return 2;
    default:
        return 1;
    }
}
} // namespace linux
