// A unix socket without its file: state, peer, receive queue. What connect() makes for a listener is one that
// has no file yet.
//
//     writer: message made, bytes copied, no lock held     reader: `_reading` held
//        |  push under the receiver's lock                    |  copies from the queue's first without the
//        v                                                    |  lock, takes it off under the lock
//     | first | ... | last |  <------------------------------/
//
// A message is charged to its sender until it is read: SO_SNDBUF bounds what lies in others' queues.
//
// Locking: `_lock` (a spinlock) guards what is marked; nobody holds two of them. A listener has a second one
// for its connections. Flags that only ever become true, and the charge, are atomic. A stream's peer is set
// once and stays until the socket ends. An endpoint is kept alive by its file, its peer, messages it sent,
// and the listener whose queue it is in; close() breaks these circles.
#pragma once

#include "core/sync/mutex.hh"
#include "linux/socket/message.hh"
#include "linux/socket/unix/message.hh"
#include "linux/socket/unix/name.hh"
#include "linux/socket/waiting.hh"
#include "net/socket/socket.hh"

namespace linux
{
class unix_endpoint : public ref_counted<unix_endpoint>
{
  public:
    static result<ref_ptr<unix_endpoint>> create(u32 kind);
    explicit unix_endpoint(u32 kind) : type(kind) {}
    ~unix_endpoint();

    const u32 type;
    bool keeps_connections() const { return type != sock_dgram; }

    result<void> bind(const socket_address& local) EXCLUDES(_lock);
    /// No wait is needed but for room among a listener's connections.
    result<void> connect(const socket_address& address, wait_rule& rule, bool bind_first);
    result<void> disconnect() EXCLUDES(_lock);
    /// socketpair(2).
    static void join(unix_endpoint& a, unix_endpoint& b);
    result<void> listen(u32 backlog) EXCLUDES(_lock);
    result<ref_ptr<unix_endpoint>> accept() EXCLUDES(_lock);
    /// It belongs to a file from now on.
    void set_accepted()
    {
        lock_guard guard{_lock};
        _has_file = true;
    }
    result<void> shutdown(net::socket::direction which);
    void close();

    result<size_t> send(outgoing_message& message);
    result<size_t> receive(incoming_message& message, bool wants_credentials);

    ref_ptr<unix_name> name() EXCLUDES(_lock);
    /// Null if there is none.
    ref_ptr<unix_endpoint> peer() EXCLUDES(_lock);
    ucred peer_credentials() EXCLUDES(_lock);
    bool listening() const { return _state.load(std::memory_order_relaxed) == state::listening; }
    u32 events() EXCLUDES(_lock);
    u32 readable_bytes() EXCLUDES(_lock);
    wait_queue& queue() { return _queue; }
    errc take_error() { return _error.exchange(errc{0}); }

    u64 charged() const { return _charged.load(std::memory_order_relaxed); }
    u64 send_buffer() const { return _send_buffer.load(std::memory_order_relaxed); }
    void set_send_buffer(u32 bytes);
    void charge(size_t bytes) { _charged.fetch_add(bytes, std::memory_order_relaxed); }
    void uncharge(size_t bytes);

    /// Everything that waits to be read here, and in connections that wait to be accepted. For collections
    /// of files in flight.
    template <class Action>
    void for_each_message(Action action)
    {
        lock_guard guard{_backlog_lock};
        for_each_received(action);
        for (auto& connection : _connections)
            connection.for_each_received(action);
    }

    /// For /proc/net/unix.
    u32 state_number() const;
    u32 shutdown_bits() const { return _shut.load(std::memory_order_relaxed); }

  private:
    enum class state : u8 { idle, connecting, listening, connected };
    static constexpr u32 no_reading = 1, no_writing = 2;

    template <class Action>
    void for_each_received(Action& action) EXCLUDES(_lock)
    {
        lock_guard guard{_lock};
        for (auto& m : _received)
            action(m);
    }
    result<void> connect_stream(unix_endpoint& listener, wait_rule& rule);
    result<void> enter_backlog(unix_endpoint& connection) EXCLUDES(_lock);
    result<void> push(unique_ptr<unix_message> message) EXCLUDES(_lock);
    result<ref_ptr<unix_endpoint>> target_of(const outgoing_message& message);
    result<size_t> send_stream(outgoing_message& message);
    result<size_t> send_whole(outgoing_message& message);
    unix_message* first() EXCLUDES(_lock);
    unix_message* after(unix_message& m) EXCLUDES(_lock);
    void drop_first() EXCLUDES(_lock);
    errc nothing_to_read();
    result<size_t> receive_stream(incoming_message& message, bool wants_credentials) REQUIRES(_reading);
    result<size_t> receive_whole(incoming_message& message, bool wants_credentials) REQUIRES(_reading);
    unique_ptr<passed_files> take_passed(unix_message& m, u32 flags) EXCLUDES(_lock);
    void set_no_more(u32 bits, errc error);
    void drop_peer() EXCLUDES(_lock);
    bool closed() EXCLUDES(_lock)
    {
        lock_guard guard{_lock};
        return _closed;
    }
    bool writable() const { return charged() * 4 <= send_buffer(); }

    mutex _reading{lock_rank::socket}; // one reader at a time; application memory is touched under it
    spinlock _lock{lock_rank::accept_queue};
    unix_message::queue _received GUARDED_BY(_lock);
    ref_ptr<unix_endpoint> _peer GUARDED_BY(_lock);
    ref_ptr<unix_name> _name GUARDED_BY(_lock);
    ucred _peer_credentials GUARDED_BY(_lock){0, ~0u, ~0u};
    ucred _listener_credentials GUARDED_BY(_lock){};
    bool _closed GUARDED_BY(_lock) = false;
    bool _has_file GUARDED_BY(_lock) = false;

    slist_hook _link; // in _connections of the listener; its lock
    using connections =
        intrusive::slist<unix_endpoint,
                         intrusive::member_hook<unix_endpoint, slist_hook, &unix_endpoint::_link>,
                         intrusive::cache_last<true>, intrusive::constant_time_size<false>>;
    spinlock _backlog_lock{lock_rank::connection};      // a listener's; taken before a connection's lock
    connections _connections GUARDED_BY(_backlog_lock); // each with a reference
    u32 _waiting GUARDED_BY(_backlog_lock) = 0;         // how many
    u32 _backlog GUARDED_BY(_backlog_lock) = 0;
    bool _accepts GUARDED_BY(_backlog_lock) = false;

    std::atomic<state> _state{state::idle}; // changed under _lock
    std::atomic<u32> _shut{0};
    std::atomic<errc> _error{errc{0}};
    std::atomic<u64> _charged{0};
    std::atomic<u64> _send_buffer{default_socket_buffer};
    std::atomic<unix_endpoint*> _stream_peer{nullptr}; // _peer of a stream, for writers; set once
    wait_queue _queue;
};

} // namespace linux
