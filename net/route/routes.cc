// See routes.hh.
#include "net/route/routes.hh"

#include "net/interface/interface.hh"
#include "net/neighbour/neighbours.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
size_t hash(const ip_address& a)
{
    return ((a.high() ^ a.low()) * 0x9e37'79b9'7f4a'7c15) >> 32;
}
constexpr ip_address loopback4{ipv4_address{0x7f00'0001}};
constexpr ip_address loopback6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
} // namespace

routes::~routes()
{
    forget_paths();
}

bool routes::before(const route& a, const route& b)
{
    return a.prefix_length != b.prefix_length ? a.prefix_length > b.prefix_length : a.metric < b.metric;
}

bool routes::same(const route& a, const route& b)
{
    return a.destination == b.destination && a.prefix_length == b.prefix_length && a.gateway == b.gateway &&
           a.out == b.out;
}

result<void> routes::add(const route& r)
{
    WITH_LOCK(_lock)
    {
        size_t at = 0;
        while (at < _table.size() && !same(_table[at], r))
            at++;
        if (at == _table.size())
            TRY(_table.push_back(r));
        else
            _table[at] = r;
        while (at > 0 && before(_table[at], _table[at - 1])) {
            std::swap(_table[at], _table[at - 1]);
            at--;
        }
    }
    changed();
    return {};
}

result<void> routes::remove(const route& r)
{
    bool found = false;
    WITH_LOCK(_lock)
    {
        found = _table.remove_if([&](const route& other) { return same(other, r); }) > 0;
    }
    changed();
    return found ? result<void>{} : fail(errc::esrch);
}

void routes::remove_all(const interface& out, route_origin origin)
{
    WITH_LOCK(_lock)
    {
        _table.remove_if([&](const route& r) { return r.out == &out && r.origin == origin; });
    }
    changed();
}

/// The interface of a unicast destination that is not ours, by the table.
result<interface*> routes::way_out(const ip_address& destination, const ip_address& source, interface* wanted,
                                   ip_address& next_hop, ip_address& preferred) const
{
    if (destination.is_link_local()) { // no table says on which link
        next_hop = destination;
        if (!wanted && !source.is_any())
            wanted = _stack.interfaces().by_address(source);
        interface* const out = wanted ? wanted : _stack.interfaces().first_card();
        return out ? result<interface*>(out) : fail(errc::enetunreach);
    }
    lock_guard guard{_lock};
    for (const route& r : _table) {
        if ((wanted && r.out != wanted) || !r.out->up() ||
            !in_prefix(destination, r.destination, r.prefix_length) || r.valid_until < timekeeping::now())
            continue;
        next_hop = r.gateway.is_any() ? destination : r.gateway;
        preferred = r.source;
        return r.out;
    }
    return fail(errc::enetunreach);
}

result<routes::decision> routes::decide(const ip_address& destination, const ip_address& source,
                                        interface* out) const
{
    decision d{.out = out, .source = source};
    interfaces& all = _stack.interfaces();
    if (all.is_local(destination)) {
        d.out = &all.loopback();
        if (source.is_any())
            d.source = destination.is_ipv4() && destination.is_loopback() ? loopback4 : destination;
        return d;
    }
    const bool to_all = destination.is_ipv4() && destination.as_ipv4().is_broadcast();
    ip_address preferred;
    if (destination.is_multicast() || to_all) {
        ip_address gateway;
        if (!d.out && !source.is_any())
            d.out = all.by_address(source);
        if (!d.out)
            if (auto by_table = way_out(destination, source, nullptr, gateway, preferred))
                d.out = by_table.take();
        if (!d.out)
            d.out = all.first_card();
        if (!d.out)
            return fail(errc::enetunreach);
    } else {
        d.out = TRY(way_out(destination, source, out, d.next_hop, preferred));
        if (destination.is_ipv4() && d.out->addresses().is_broadcast(destination.as_ipv4()))
            d.next_hop = {};
    }
    if (!d.out->up())
        return fail(errc::enetdown);
    if (d.source.is_any())
        d.source =
            !preferred.is_any()
                ? preferred
                : d.out->source_for(destination.is_ipv4() && !d.next_hop.is_any() ? d.next_hop : destination);
    // Without an address yet DHCP sends from 0.0.0.0; IPv6 has nobody who does (RFC 4861 asks for no path).
    if (d.source.is_any() && !to_all && !destination.is_multicast())
        return fail(destination.is_ipv4() ? errc::enetunreach : errc::eaddrnotavail);
    if (d.source.is_any())
        d.source = ip_address::any(destination.family());
    return d;
}

result<ref_ptr<path>> routes::find(const ip_address& wanted, const ip_address& source, interface* out)
{
    ip_address destination = wanted;
    if (wanted.is_any())
        destination = wanted.is_ipv4() ? loopback4 : loopback6;
    const size_t bucket = hash(destination) % bucket_count;
    const u64 generation = _generation.load(std::memory_order_acquire);
    WITH_LOCK(_lock)
    {
        for (path* p = _buckets[bucket].get(); p; p = p->_next.get())
            if (p->_destination == destination && p->_wanted_source == source && p->_wanted_out == out &&
                p->_generation == generation)
                return ref_ptr(*p);
    }
    const auto decided = decide(destination, source, out);
    if (!decided) {
        (destination.is_ipv4() ? _stack.counters().ip4 : _stack.counters().ip6).no_route++;
        return fail(decided.error());
    }
    const decision& d = *decided;
    auto made = TRY(make_ref<path>(*d.out, d.source, destination, _generation, generation));
    made->_wanted_source = source;
    made->_wanted_out = out;
    if (!d.out->is_loopback() && !d.next_hop.is_any())
        made->_next_hop = TRY(_stack.neighbours().get(*d.out, d.next_hop));
    ref_ptr<path> surplus; // freed without the lock
    WITH_LOCK(_lock)
    {
        // What ICMP told of the destination goes on for its new path.
        ref_ptr<path>* link = &_buckets[bucket];
        for (unsigned length = 0; *link; length++) {
            path& old = **link;
            if (old._destination == destination) {
                made->_path_mtu.store(old._path_mtu.load());
                made->_path_mtu_expires.store(old._path_mtu_expires.load());
            }
            if (length + 1 == longest_chain || old._generation != generation) {
                surplus = std::move(*link); // and all behind it, found longer ago
                break;
            }
            link = &old._next;
        }
        made->_next = std::move(_buckets[bucket]);
        _buckets[bucket] = made;
    }
    release_chain(std::move(surplus));
    return made;
}

/// One after the other, not by recursion.
void routes::release_chain(ref_ptr<path> first)
{
    while (first) {
        ref_ptr<path> next = std::move(first->_next);
        first = std::move(next);
    }
}

void routes::forget_paths()
{
    for (auto& bucket : _buckets) {
        ref_ptr<path> chain;
        WITH_LOCK(_lock)
        {
            chain = std::move(bucket);
        }
        release_chain(std::move(chain));
    }
}

void routes::limit_mtu(const ip_address& destination, u32 mtu)
{
    lock_guard guard{_lock};
    for (path* p = _buckets[hash(destination) % bucket_count].get(); p; p = p->_next.get())
        if (p->_destination == destination)
            p->limit_mtu(mtu);
}
} // namespace net
