// The addresses of one interface.
//
// Every received packet asks contains(), so that takes no lock: entries are linked once and live as long as
// the list; one that was removed is used again for the next address. A reader that meets an entry while it is
// rewritten may see half of two addresses: no harm, for no socket is bound to such a thing. Changes and
// everything else are under the lock.
#pragma once

#include <atomic>
#include <optional>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/sync/spinlock.hh"
#include "core/time/clock.hh"
#include "net/address.hh"

namespace net
{
/// Whether an address lies in a prefix; both families have 128 bits, IPv4's lengths are those of IPv4.
bool in_prefix(const ip_address& address, const ip_address& prefix, u8 length);
/// The address with all bits behind its prefix 0.
ip_address prefix_of(const ip_address& address, u8 length);

enum class address_state : u8 { tentative, preferred, deprecated, duplicate }; // RFC 4862 §2
enum class address_origin : u8 { fixed, dhcp, router, link_local };

struct interface_address {
    ip_address address{};
    u8 prefix_length = 0;
    address_state state = address_state::preferred;
    address_origin origin = address_origin::fixed;
    instant tentative_until = timekeeping::never;
    instant preferred_until = timekeeping::never;
    instant valid_until = timekeeping::never;

    bool usable() const { return state == address_state::preferred || state == address_state::deprecated; }
    bool on_link(const ip_address& other) const { return in_prefix(other, address, prefix_length); }
    /// The subnet's broadcast address; any where there is none.
    ip_address broadcast() const;
};

class address_list
{
  public:
    address_list() = default;
    ~address_list();

    /// Whether packets to this address are for us.
    bool contains(const ip_address& a) const
    {
        for (const entry* e = _first.load(std::memory_order_acquire); e;
             e = e->next.load(std::memory_order_acquire))
            if (e->low.load(std::memory_order_relaxed) == a.low() &&
                e->high.load(std::memory_order_relaxed) == a.high() &&
                e->usable.load(std::memory_order_acquire))
                return true;
        return false;
    }
    /// Whether it is the broadcast address of one of our subnets.
    bool is_broadcast(ipv4_address a) const;

    /// Adds, or replaces what is there of the same address. Errors: enomem.
    result<void> set(const interface_address& a);
    /// Errors: eaddrnotavail.
    result<void> remove(const ip_address& a);

    std::optional<interface_address> find(const ip_address& a) const;
    /// Calls visit(interface_address) for each; under the lock.
    template <class Visit>
    void for_each(Visit visit) const
    {
        lock_guard guard{_lock};
        for (const entry* e = _first.load(std::memory_order_relaxed); e; e = e->next)
            if (e->used)
                visit(e->value);
    }

  private:
    struct entry {
        std::atomic<u64> high{0}, low{0};
        std::atomic<bool> usable{false};
        bool used = false;       // the lock
        interface_address value; // the lock
        std::atomic<entry*> next{nullptr};
    };
    entry* find_locked(const ip_address& a) const REQUIRES(_lock);

    mutable spinlock _lock{lock_rank::network};
    std::atomic<entry*> _first{nullptr};
};
} // namespace net
