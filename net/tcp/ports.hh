// Local ports: who uses which, and who listens there.
//
// 64 shards by port number, each with its lock. A port exists while somebody uses it. Its users are flows:
// bound sockets, connections, entries in TIME_WAIT; bind() compares itself with all of them, a SYN looks at
// the listeners only.
#pragma once

#include <array>

#include "core/base/radix_tree.hh"
#include "core/base/ref_ptr.hh"
#include "core/sync/spinlock.hh"
#include "net/tcp/flow.hh"

namespace net::tcp
{
class listener;

class ports
{
  public:
    /// Where ports come from that nobody asked for (ip_local_port_range).
    static constexpr u16 first_ephemeral = 32768, last_ephemeral = 60999;

    ports() = default;
    ports(const ports&) = delete;

    /// bind(): `f` uses the port from now on, if no other user of an overlapping address forbids it. Port 0:
    /// a free one, which it returns. Errors: eaddrinuse, enomem.
    result<u16> bind(flow& f, u16 number);

    /// connect() without bind(): `f` shares the port with other connections, but with nobody who was bound
    /// to it. Errors: eaddrinuse, enomem.
    result<void> share(flow& f, u16 number);

    /// `f` uses a port that another one brought: an accepted connection its listener's, TIME_WAIT its
    /// connection's.
    /// The other may have left it meanwhile. Errors: enomem.
    result<void> join(flow& f, u16 number);

    /// Harmless if it uses none.
    static void leave(flow& f);

    /// The listener's flow is bound. Errors: eaddrinuse (somebody listens there already).
    result<void> listen(flow& f, listener& l);
    void stop_listening(listener& l);

    /// Who listens for a destination: the most exact address wins; among several with SO_REUSEPORT, the
    /// hash of the flow chooses. Null if nobody.
    ref_ptr<listener> find_listener(const ip_address& local, u16 number, u32 hash);

    /// Where the search for an ephemeral port begins, and who chose last among this destination's neighbours:
    /// RFC 6056 §3.3.4 (double-hash).
    u32 ephemeral_offset(const four_tuple& tuple) const;
    std::atomic<u16>& ephemeral_counter(const four_tuple& tuple);

  private:
    struct port_shard {
        spinlock lock{lock_rank::socket_table};
        radix_tree<port> ports GUARDED_BY(lock); // by number / 64
    };
    port_shard& shard_of(u16 number) { return _shards[number % 64]; }
    result<port*> find_or_create_locked(port_shard& s, u16 number) REQUIRES(s.lock);
    result<void> bind_to(flow& f, u16 number, bool only_free);

    std::array<port_shard, 64> _shards;
    const hash_key _offset_key = hash_key::random(), _counter_key = hash_key::random();
    std::array<std::atomic<u16>, 256> _counters{};
    friend struct port;
};
} // namespace net::tcp
