// Where packets go: the table of routes and the cache of paths that were found in it.
//
// The table is short and searched from its longest prefix down. What a search found is a path
// (net/ip/path.hh), kept by destination, so that a datagram to a known peer costs one look-up in a hash
// table; what ICMP told of a destination's MTU stays with its path. The cache holds at most `bucket_count *
// longest_chain` paths: a stranger who makes us answer many addresses only pushes out others.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/device/dynamic_array.hh"
#include "core/sync/spinlock.hh"
#include "net/address.hh"
#include "net/ip/path.hh"

namespace net
{
enum class route_origin : u8 { kernel, fixed, dhcp, router };

struct route {
    ip_address destination{}; // bits behind the prefix are 0
    u8 prefix_length = 0;     // 0: the default route of the family
    ip_address gateway{};     // any of the family: on the link
    interface* out = nullptr;
    ip_address source{}; // preferred; any: chosen by the interface
    u32 metric = 0;
    route_origin origin = route_origin::fixed;
    instant valid_until = instant::max();
};

class routes
{
  public:
    explicit routes(net::stack& s) : _stack(s) {}
    ~routes();

    /// The way to a destination; any as destination means this host. `source` (any: choose) and `out` (null:
    /// choose) as a socket is bound. Any context. Errors: enetunreach, enetdown, enomem.
    result<ref_ptr<path>> find(const ip_address& wanted, const ip_address& source, interface* out);

    /// Replaces a route of the same destination, prefix, gateway and interface. Errors: enomem.
    result<void> add(const route& r);
    /// Errors: esrch.
    result<void> remove(const route& r);
    void remove_all(const interface& out, route_origin origin);
    /// Calls visit(const route&) for each, longest prefix first; under the lock.
    template <class Visit>
    void for_each(Visit visit) const
    {
        lock_guard guard{_lock};
        for (const route& r : _table)
            visit(r);
    }

    /// ICMP told that packets to a destination may be `mtu` bytes at most.
    void limit_mtu(const ip_address& destination, u32 mtu);

    /// Empties the cache; who holds a path keeps it.
    void forget_paths();

    /// Something changed: all paths must be looked up again.
    void changed() { _generation.fetch_add(1, std::memory_order_release); }
    const std::atomic<u64>& generation() const { return _generation; }

  private:
    static constexpr size_t bucket_count = 256;
    static constexpr unsigned longest_chain = 8;

    struct decision {
        interface* out = nullptr;
        ip_address next_hop{}; // any: none is needed
        ip_address source{};
    };
    result<decision> decide(const ip_address& destination, const ip_address& source, interface* out) const;
    result<interface*> way_out(const ip_address& destination, const ip_address& source, interface* wanted,
                               ip_address& next_hop, ip_address& preferred) const;
    static void release_chain(ref_ptr<path> first);
    static bool before(const route& a, const route& b);
    static bool same(const route& a, const route& b);

    net::stack& _stack;
    mutable spinlock _lock{lock_rank::network};
    dynamic_array<route> _table GUARDED_BY(_lock);
    ref_ptr<path> _buckets[bucket_count] GUARDED_BY(_lock);
    std::atomic<u64> _generation{1};
};
} // namespace net
