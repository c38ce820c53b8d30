// See path.hh.
#include "net/ip/path.hh"

#include <algorithm>

#include "core/random.hh"
#include "net/header/ipv4.hh"
#include "net/header/ipv6.hh"
#include "net/interface/interface.hh"
#include "net/neighbour/neighbours.hh"

namespace net
{
namespace
{
constexpr u32 smallest_mtu4 = 552;
constexpr nanoseconds mtu_lifetime = seconds(600);
} // namespace

path::path(net::interface& out, const ip_address& source, const ip_address& destination,
           const std::atomic<u64>& current_generation, u64 generation)
    : _out(&out), _source(source), _destination(destination), _current_generation(current_generation),
      _generation(generation), _identification(static_cast<u16>(random_u64()))
{
}

path::~path() = default;

net::stack& path::stack() const
{
    return _out->stack();
}

u32 path::mtu() const
{
    // lo's MTU is one more than IPv4's length field can say.
    const u32 link = _destination.is_ipv4() ? std::min(_out->mtu(), 0xffffu) : _out->ipv6_mtu();
    const u32 limit = _path_mtu.load(std::memory_order_relaxed);
    if (limit == 0) [[likely]]
        return link;
    if (timekeeping::now().time_since_epoch().count() >= _path_mtu_expires.load())
        return link;
    return std::min(link, limit);
}

void path::limit_mtu(u32 mtu)
{
    mtu = std::max(mtu, _destination.is_ipv4() ? smallest_mtu4 : ipv6_header::minimum_mtu);
    if (mtu >= this->mtu())
        return;
    _path_mtu_expires.store((timekeeping::now() + mtu_lifetime).time_since_epoch().count());
    _path_mtu.store(mtu, std::memory_order_relaxed);
}

void path::confirm()
{
    if (_next_hop)
        _next_hop->confirm();
}
} // namespace net
