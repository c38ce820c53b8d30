// Neighbours: who answers to an IP address on a link, and whether he still does.
//
// One state machine for both families (RFC 4861 §7.3); ARP and neighbour discovery only ask and tell:
//
//     incomplete -answer-> reachable -30 s without a sign of life-> stale -packet sent-> delay -5 s-> probe
//        |                     ^-------- answer, or TCP heard from it -------------------'             |
//        '-- three questions unanswered --> failed <--------- three more ------------------------------'
//
// A packet takes no lock while the neighbour is known: its address and the permission to use it are one word.
// Everything else is under one lock; what is to be sent or told is done after it was dropped. Time is kept by
// one timer for all.
#pragma once

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/device/network_device.hh"
#include "core/sync/spinlock.hh"
#include "net/address.hh"
#include "net/deferred_timer.hh"

namespace net
{
class interface;
class neighbours;
class stack;

class neighbour : public ref_counted<neighbour>
{
  public:
    enum class state : u8 { incomplete, reachable, stale, delay, probe, failed };

    neighbour(neighbours& owner, interface& out, const ip_address& address)
        : _owner(owner), _out(out), _address(address)
    {
    }

    interface& out() const { return _out; }
    const ip_address& address() const { return _address; }

    /// Sends an IP packet to it, now or when its address is known; three packets wait. Any context.
    void send(packet_ptr p);

    /// Somebody above has proof that packets arrive there.
    void confirm()
    {
        if (!_confirmed.load(std::memory_order_relaxed))
            _confirmed.store(true, std::memory_order_relaxed);
    }

  private:
    friend class neighbours;
    static constexpr u64 direct = u64{1} << 48; // above the link address: send without asking

    neighbours& _owner;
    interface& _out;
    const ip_address _address;
    std::atomic<u64> _link{0};
    std::atomic<bool> _confirmed{false};
    // The owner's lock.
    neighbour::state _state = state::failed; // nobody asked yet
    u8 _attempts = 0;
    instant _deadline = timekeeping::never;
    packet_queue _waiting;
    list_hook _hook;
    ref_ptr<neighbour> _next; // in its bucket
};

class neighbours
{
  public:
    static constexpr unsigned limit = 1024;

    explicit neighbours(net::stack& s) : _stack(s) {}
    ~neighbours();

    /// The neighbour of an address, new if need be. Errors: enomem, enobufs (all are in use).
    result<ref_ptr<neighbour>> get(interface& out, const ip_address& address);

    /// What a message said of an address (RFC 4861 §7.2.5).
    struct announcement {
        mac_address mac{};
        bool solicited = false;         // answers a question of ours
        bool overrides = true;          // counts more than what we know
        bool worth_remembering = false; // make an entry if there is none: he is about to talk to us
    };
    void heard(interface& in, const ip_address& who, const announcement& what);

    /// Sets what a person says (SIOCSARP) or forgets it: everything of an interface that went down.
    void forget(interface& out);

    struct description {
        ip_address address;
        u32 interface_index;
        mac_address mac;
        bool known;
        neighbour::state state;
    };
    /// Calls visit(description) for each; under the lock.
    template <class Visit>
    void for_each(Visit visit) const
    {
        lock_guard guard{_lock};
        for (const neighbour& n : _all)
            visit(describe_locked(n));
    }

  private:
    friend class neighbour;
    using list = intrusive::list<neighbour, intrusive::member_hook<neighbour, list_hook, &neighbour::_hook>>;
    static constexpr size_t bucket_count = 256;
    enum class question : u8 { none, to_all, to_it };

    void send_unresolved(neighbour& n, packet_ptr p);
    result<ref_ptr<neighbour>> try_get(interface& out, const ip_address& address);
    neighbour* find_locked(const interface& out, const ip_address& address) const REQUIRES(_lock);
    bool evict_locked() REQUIRES(_lock);
    void unlink_locked(neighbour& n) REQUIRES(_lock);
    void set_locked(neighbour& n, neighbour::state s) REQUIRES(_lock);
    question expire_locked(neighbour& n, packet_queue& undeliverable) REQUIRES(_lock);
    description describe_locked(const neighbour& n) const REQUIRES(_lock);
    void ask(neighbour& n, question q);
    void tick();
    static size_t bucket_of(const ip_address& a);

    net::stack& _stack;
    mutable spinlock _lock{lock_rank::network};
    list _all GUARDED_BY(_lock); // least recently asked for first
    ref_ptr<neighbour> _buckets[bucket_count] GUARDED_BY(_lock);
    unsigned _count GUARDED_BY(_lock) = 0;
    member_timer<neighbours, &neighbours::tick> _timer{*this};
};
} // namespace net
