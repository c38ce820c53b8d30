// A listening socket's other side: SYNs come in, finished connections wait for accept().
//
// A connection is half open from its SYN until the ACK of ours, then ready. Both lists hold a reference to
// each. When there are as many half-open ones as listen() allows, SYNs are answered by cookies and nothing is
// kept (RFC 4987); when too many are ready, handshakes do not end until somebody accepts.
//
// Locking: `_lock` (accept_queue) is taken under a connection's lock when a handshake ends.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/sync/wait_queue.hh"
#include "net/tcp/connection.hh"

namespace net::tcp
{
class listener final : public ref_counted<listener>
{
  public:
    /// `waiters` hears of event::in until close().
    listener(protocol& p, connection& parent, const settings& chosen, unsigned backlog, wait_queue& waiters);

    // --- from the socket ---

    void close();
    void set_backlog(unsigned backlog);
    void set_chosen(const settings& chosen);
    /// Errors: eagain.
    result<ref_ptr<connection>> accept();
    bool ready();
    struct queue_lengths {
        unsigned ready, backlog;
    };
    queue_lengths lengths();

    // --- from the protocol ---

    /// A segment without connection, not a reset. False: it deserves one.
    bool arrive(const four_tuple& t, segment& s, packet_ptr& p, net::interface* link);

    const ip_address& address() const { return _parent->tuple().local; }
    bool ipv6_only() const { return _parent->use().ipv6_only; }

    // --- from connections, under their lock ---

    /// The handshake is over: it waits for accept() now. False: there is no room, the segment is to be
    /// ignored.
    bool finished(connection& c) REQUIRES(c.lock);
    /// It ended before it was accepted; returns whether the listener had a reference, which the caller has
    /// now.
    bool forget(connection& c) REQUIRES(c.lock);

  private:
    friend class ports;

    bool syn(const four_tuple& t, segment& s, net::interface* link);
    bool cookie(const four_tuple& t, segment& s, packet_ptr& p, net::interface* link);
    void send_cookie(const four_tuple& t, const segment& s, net::interface* link);
    result<ref_ptr<connection>> create(const connection::request& r, bool established);
    void copy_chosen(connection& c) REQUIRES(c.lock);
    bool enlist(connection& c) REQUIRES(c.lock);
    bool may_use_cookies();

    protocol& _protocol;
    const ref_ptr<connection> _parent; // the socket's, for its address
    list_hook _port_hook;              // the lock of the port's shard, as the next
    port* _port = nullptr;

    spinlock _lock{lock_rank::accept_queue};
    settings _chosen GUARDED_BY(_lock);
    unsigned _backlog GUARDED_BY(_lock);
    bool _closed GUARDED_BY(_lock) = false;
    connection::waiting_list _half_open GUARDED_BY(_lock);
    connection::waiting_list _ready GUARDED_BY(_lock);
    unsigned _half_open_count GUARDED_BY(_lock) = 0;
    unsigned _ready_count GUARDED_BY(_lock) = 0;
    instant _last_cookie GUARDED_BY(_lock){}; // ACKs may carry cookies for some time after
    bool _cookies_sent GUARDED_BY(_lock) = false;
    wait_queue* _waiters GUARDED_BY(_lock);

  public:
    using port_list =
        intrusive::list<listener, intrusive::member_hook<listener, list_hook, &listener::_port_hook>,
                        intrusive::constant_time_size<false>>;
};
} // namespace net::tcp
