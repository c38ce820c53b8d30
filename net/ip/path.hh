// A path: how packets to one destination leave, found once and kept by whoever sends there.
//
// A path is made by routes (net/route) and cached there by destination; sockets hold references. Its link
// address is resolved by the neighbour that it points to. When routes or addresses change, the generation
// moves on and current() becomes false: ask for a new one.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/time/clock.hh"
#include "net/address.hh"

namespace net
{
class interface;
class neighbour;
class stack;

class path : public ref_counted<path>
{
  public:
    net::stack& stack() const;
    net::interface& out() const { return *_out; }
    const ip_address& source() const { return _source; }
    const ip_address& destination() const { return _destination; }

    /// Whether routes are still as they were when it was found.
    bool current() const { return _current_generation.load(std::memory_order_acquire) == _generation; }

    /// The largest packet, IP header included: the interface's MTU or what ICMP told (RFC 1191, 8201). Any
    /// context.
    u32 mtu() const;
    /// A router said that packets may be `mtu` bytes at most; ignored below the family's minimum (552 for
    /// IPv4 as Linux, 1,280) and forgotten after ten minutes.
    void limit_mtu(u32 mtu);

    /// TCP heard from the other side: its link address is surely right (RFC 4861 §7.3.1).
    void confirm();

    /// Null: loopback, broadcast and multicast need none.
    neighbour* next_hop() const { return _next_hop.get(); }
    /// The next value of IPv4's identification field.
    u16 next_identification() const { return _identification.fetch_add(1, std::memory_order_relaxed); }

    path(net::interface& out, const ip_address& source, const ip_address& destination,
         const std::atomic<u64>& current_generation, u64 generation);
    ~path();

  private:
    friend class routes;

    net::interface* const _out;
    const ip_address _source;
    const ip_address _destination;
    const std::atomic<u64>& _current_generation;
    const u64 _generation;
    ref_ptr<neighbour> _next_hop;
    std::atomic<u32> _path_mtu{0};
    std::atomic<s64> _path_mtu_expires{0};
    mutable std::atomic<u16> _identification;
    // The cache's; routes' lock.
    ip_address _wanted_source;
    interface* _wanted_out = nullptr;
    ref_ptr<path> _next;
};
} // namespace net
