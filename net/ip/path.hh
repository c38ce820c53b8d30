// A path: how packets to one destination leave, found once and kept by whoever sends there.
//
// A path is made by routes (net/route) and cached there by destination; sockets hold references. Its link
// address is resolved by the neighbour that it points to. When routes or addresses change, the stack's
// generation moves on and current() becomes false: ask for a new one.
#pragma once

#include "core/base/ref_ptr.hh"
#include "net/address.hh"

namespace net
{
class interface;
class neighbour;
class stack;

class path : public ref_counted<path>
{
  public:
    net::stack& stack() const { return _stack; }
    net::interface& out() const { return *_out; }
    const ip_address& source() const { return _source; }
    const ip_address& destination() const { return _destination; }

    /// Whether routes are still as they were when it was found.
    bool current() const;

    /// The largest packet, IP header included: the interface's MTU or what ICMP told (RFC 1191, 8201). Any
    /// context.
    u32 mtu() const;
    /// A router said that packets may be `mtu` bytes at most; ignored below the family's minimum (552 for
    /// IPv4 as Linux, 1,280) and forgotten after ten minutes.
    void limit_mtu(u32 mtu);

    /// TCP heard from the other side: its link address is surely right (RFC 4861 §7.3.1).
    void confirm();

    ~path();

  private:
    friend class routes;
    path(net::stack& s, net::interface& out, const ip_address& source, const ip_address& destination);

    net::stack& _stack;
    net::interface* _out;
    const ip_address _source;
    const ip_address _destination;
    const u64 _generation;
    ref_ptr<neighbour> _next_hop; // null: loopback, broadcast and multicast need none
    std::atomic<u32> _path_mtu{0};
    std::atomic<s64> _path_mtu_expires{0};
};
} // namespace net
