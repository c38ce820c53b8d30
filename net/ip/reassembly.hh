// Putting fragments together again, for both families (RFC 791 §3.2, RFC 8200 §4.5).
//
// Strangers send fragments, so everything is bounded: 4 MiB in all, beyond which the oldest datagram goes,
// and 30 s for each. Fragments that overlap without being equal are an attack and cost the datagram (RFC
// 5722; Linux does the same for IPv4).
#pragma once

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/device/packet.hh"
#include "core/sync/spinlock.hh"
#include "net/address.hh"
#include "net/deferred_timer.hh"

namespace net
{
class interface;
class stack;

class reassembly
{
  public:
    static constexpr u64 memory_limit = 4_MiB;
    static constexpr nanoseconds lifetime = seconds(30);

    /// Where a fragment belongs.
    struct fragment {
        u32 id = 0;
        u8 protocol = 0; // part of IPv4's key
        u32 offset = 0;  // of its payload, in bytes
        u32 header = 0;  // bytes before its payload, IP header included; they lie in the head
        bool more = false;
    };

    explicit reassembly(net::stack& s) : _stack(s) {}
    ~reassembly();

    /// Takes a fragment that begins with its IP header. Returns the datagram if this was the last that was
    /// missing: it begins with the first fragment's headers, which say that it is whole. Deferred work.
    packet_ptr add(interface& in, const ip_address& source, const ip_address& destination, const fragment& f,
                   packet_ptr p);

    u64 memory_in_use() const
    {
        lock_guard guard{_lock};
        return _memory;
    }
    /// How many are not complete.
    size_t datagrams() const
    {
        lock_guard guard{_lock};
        return _datagrams.size();
    }

  private:
    struct datagram {
        ip_address source, destination;
        u32 id;
        u8 protocol;
        interface* in;
        instant expires;
        packet_ptr first; // with its headers
        u32 first_header = 0;
        packet_queue others; // in the order of their offsets, payload only
        u32 end = 0;         // of the payload; 0: the last fragment is missing
        u32 received = 0;    // bytes of payload
        u64 memory = 0;
        list_hook hook;
    };
    using list = intrusive::list<datagram, intrusive::member_hook<datagram, list_hook, &datagram::hook>>;
    enum class fit { good, duplicate, bad };

    datagram* find_locked(const ip_address& source, const ip_address& destination, const fragment& f)
        REQUIRES(_lock);
    fit insert_locked(datagram& d, const fragment& f, u32 length, packet_ptr& p) REQUIRES(_lock);
    unique_ptr<datagram> take_locked(datagram& d) REQUIRES(_lock);
    static packet_ptr assemble(datagram& d);
    void tick();

    net::stack& _stack;
    mutable spinlock _lock{lock_rank::network};
    list _datagrams GUARDED_BY(_lock); // oldest first
    u64 _memory GUARDED_BY(_lock) = 0;
    member_timer<reassembly, &reassembly::tick> _timer{*this};
};
} // namespace net
