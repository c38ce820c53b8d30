// Which UDP socket a datagram is for: bound sockets by port, connected ones by both ends as well.
//
// Each table has 64 shards with a lock and a hash table that grows alone. A socket's binding changes only
// while it is in no table or under the lock of its port's shard. The tables hold no references: a socket
// leaves them in close(), or at the latest in its destructor, and is not found from its last release on.
#pragma once

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/sync/spinlock.hh"
#include "net/address.hh"
#include "net/ip/ip.hh"

namespace net
{
class udp_socket;

/// How a socket is bound, as far as look-ups and conflicts go.
struct udp_binding {
    endpoint local; // port 0: not bound
    endpoint peer;  // of a connected socket
    bool connected = false;
    bool is_ipv4 = false; // the socket's family
    bool v6_only = false;
    bool reuse_address = false;
    bool reuse_port = false;
    u32 interface_index = 0; // SO_BINDTODEVICE

    bool takes(const ip_info& info) const;
    bool conflicts_with(const udp_binding& other) const;
    /// How exactly it fits what takes() let pass.
    unsigned exactness(const ip_info& info) const;
};

class udp_ports
{
  public:
    /// Binds a socket to binding.local; port 0: to a free one, chosen at random. Errors: eaddrinuse, enomem.
    result<void> bind(udp_socket& s, const udp_binding& wanted);
    void unbind(udp_socket& s);
    /// Makes a bound socket a connected one, or one with another local address, or unconnected again.
    /// Errors: enomem.
    result<void> change(udp_socket& s, const udp_binding& binding);

    ref_ptr<udp_socket> find(const ip_info& info, u16 source_port, u16 destination_port) const;
    /// Of a datagram to many: the sockets that take it, from the `skip`-th on; returns how many were written.
    size_t find_all(const ip_info& info, u16 destination_port, size_t skip,
                    std::span<ref_ptr<udp_socket>> found) const;

    /// Calls visit(udp_socket&) for each bound one; under its shard's lock.
    template <class Visit>
    void for_each(Visit visit) const
    {
        for (const shard& s : _by_port) {
            lock_guard guard{s.lock};
            for (size_t i = 0; i < s.bucket_count; i++)
                for (udp_socket* u = s.buckets[i]; u; u = next_of(*u))
                    visit(*u);
        }
    }

  private:
    static constexpr size_t shard_count = 64;
    static constexpr u16 first_ephemeral = 32768, last_ephemeral = 60999; // as Linux

    struct shard {
        mutable spinlock lock{lock_rank::socket_table};
        unique_ptr<udp_socket*[]> buckets GUARDED_BY(lock);
        size_t bucket_count GUARDED_BY(lock) = 0;
        size_t count GUARDED_BY(lock) = 0;
    };
    using link = udp_socket* udp_socket::*;

    template <link Next>
    result<void> insert_locked(shard& s, udp_socket& socket, u64 hash, u64 (*rehash)(const udp_socket&))
        REQUIRES(s.lock);
    template <link Next>
    void remove_locked(shard& s, udp_socket& socket, u64 hash) REQUIRES(s.lock);
    static udp_socket* next_of(const udp_socket& s);
    static udp_socket* first_locked(const shard& s, u64 hash) REQUIRES(s.lock);
    result<void> try_bind(udp_socket& socket, const udp_binding& wanted);
    result<void> enter_connected(udp_socket& s);
    void leave_connected(udp_socket& s);

    shard _by_port[shard_count];
    shard _by_peer[shard_count];
    std::atomic<size_t> _connected{0};
};
} // namespace net
