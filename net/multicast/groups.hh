// Which groups this host listens to, on which interface, and telling routers and switches so: IGMPv3 (RFC
// 3376) and MLDv2 (RFC 3810) reports for groups from all sources. Queries of older versions are answered in
// their own.
#pragma once

#include "core/device/dynamic_array.hh"
#include "core/sync/spinlock.hh"
#include "net/deferred_timer.hh"
#include "net/ip/ip.hh"

namespace net
{
class groups
{
  public:
    explicit groups(net::stack& s) : _stack(s) {}

    /// Counted. Errors: enomem.
    result<void> join(interface& on, const ip_address& group);
    /// Errors: eaddrnotavail.
    result<void> leave(interface& on, const ip_address& group);
    /// Whether packets to a group are for us. All hosts are members of all-nodes.
    bool is_member(const interface& on, const ip_address& group) const;
    /// Tells all of them anew: the interface came up.
    void announce(interface& on);

    /// IGMP or MLD; the packet begins with the query.
    void receive_query(interface& in, packet& p, const ip_info& info);

    /// Calls visit(interface&, const ip_address&, unsigned count) for each; under the lock.
    template <class Visit>
    void for_each(Visit visit) const
    {
        lock_guard guard{_lock};
        for (const membership& m : _all)
            visit(*m.on, m.group, m.count);
    }

  private:
    enum class dialect : u8 { current, older };
    struct membership {
        interface* on = nullptr;
        ip_address group;
        unsigned count = 0;
        u8 unsolicited_left = 0; // reports that are still to be sent, in case the first is lost
        instant next_report = timekeeping::never;
    };
    void report(interface& on, const ip_address& group, bool joined, dialect d);
    void tick();
    dialect spoken(bool is_ipv4) const;

    net::stack& _stack;
    mutable spinlock _lock{lock_rank::network};
    dynamic_array<membership> _all GUARDED_BY(_lock);
    std::atomic<s64> _older_until[2]{}; // IPv4, IPv6: an older router was heard (ns, as an instant)
    member_timer<groups, &groups::tick> _timer{*this};
};
} // namespace net
