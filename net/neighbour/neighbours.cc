// The state machine of neighbours; see neighbours.hh. Times: RFC 4861 §10.
#include "net/neighbour/neighbours.hh"

#include "core/random.hh"
#include "net/arp/arp.hh"
#include "net/icmp/icmp.hh"
#include "net/interface/interface.hh"
#include "net/link/link.hh"
#include "net/nd/nd.hh"
#include "net/route/routes.hh"
#include "net/stack.hh"

namespace net
{
namespace
{
constexpr unsigned most_waiting = 3;
constexpr u8 most_attempts = 3;
constexpr nanoseconds answer_time = seconds(1);
constexpr nanoseconds first_probe_delay = seconds(5);

/// Between 0.5 and 1.5 times 30 s, so that neighbours do not ask each other in step.
nanoseconds reachable_time()
{
    return milliseconds(15'000 + random_u64() % 30'000);
}

u64 as_word(const mac_address& mac)
{
    u64 word = 0;
    std::memcpy(&word, mac.data(), mac.size());
    return word;
}
mac_address as_mac(u64 word)
{
    mac_address mac;
    std::memcpy(mac.data(), &word, mac.size());
    return mac;
}
constexpr u64 address_mask = (u64{1} << 48) - 1;

ether_type type_of(const ip_address& a)
{
    return a.is_ipv4() ? ether_type::ipv4 : ether_type::ipv6;
}
} // namespace

void neighbour::send(packet_ptr p)
{
    const u64 link = _link.load(std::memory_order_acquire);
    if (link & direct) [[likely]]
        link::send(_out, std::move(p), as_mac(link), type_of(_address));
    else
        _owner.send_unresolved(*this, std::move(p));
}

neighbours::~neighbours()
{
    lock_guard guard{_lock};
    while (!_all.empty())
        unlink_locked(_all.front());
}

size_t neighbours::bucket_of(const ip_address& a)
{
    const u64 mixed = (a.high() ^ a.low()) * 0x9e37'79b9'7f4a'7c15; // strangers can fill a bucket, but only
    return mixed >> 56;                                             // with what the limit lets in
}

neighbour* neighbours::find_locked(const interface& out, const ip_address& address) const
{
    neighbour* n = _buckets[bucket_of(address)].get();
    while (n && !(n->_address == address && &n->_out == &out))
        n = n->_next.get();
    return n;
}

void neighbours::unlink_locked(neighbour& n)
{
    ref_ptr<neighbour>* link = &_buckets[bucket_of(n._address)];
    while (link->get() != &n)
        link = &(*link)->_next;
    _all.erase(_all.iterator_to(n));
    _count--;
    ref_ptr<neighbour> rest = std::move(n._next);
    *link = std::move(rest); // lets go of n
}

/// Makes room by the entry that was unused for longest; false if all are in use.
bool neighbours::evict_locked()
{
    for (neighbour& n : _all)
        if (n.reference_count() == 1 && n._waiting.empty())
            return unlink_locked(n), true;
    return false;
}

result<ref_ptr<neighbour>> neighbours::try_get(interface& out, const ip_address& address)
{
    lock_guard guard{_lock};
    if (neighbour* n = find_locked(out, address))
        return ref_ptr(*n);
    if (_count >= limit && !evict_locked())
        return fail(errc::enobufs);
    auto n = TRY(make_ref<neighbour>(*this, out, address));
    n->_next = std::move(_buckets[bucket_of(address)]);
    _buckets[bucket_of(address)] = n;
    _all.push_back(*n);
    _count++;
    return n;
}

result<ref_ptr<neighbour>> neighbours::get(interface& out, const ip_address& address)
{
    auto n = try_get(out, address);
    if (n || n.error() != errc::enobufs)
        return n;
    _stack.routes().forget_paths(); // they may be all that still needs the old ones
    return try_get(out, address);
}

void neighbours::set_locked(neighbour& n, neighbour::state s)
{
    n._state = s;
    n._attempts = 0;
    const u64 address = n._link.load(std::memory_order_relaxed) & address_mask;
    switch (s) {
    case neighbour::state::reachable:
        n._confirmed.store(false, std::memory_order_relaxed);
        n._deadline = timekeeping::now() + reachable_time();
        n._link.store(address | neighbour::direct, std::memory_order_release);
        break;
    case neighbour::state::delay:
        n._confirmed.store(false, std::memory_order_relaxed);
        n._deadline = timekeeping::now() + first_probe_delay;
        n._link.store(address | neighbour::direct, std::memory_order_release);
        break;
    case neighbour::state::stale:
        n._deadline = timekeeping::never;
        n._link.store(address, std::memory_order_release);
        break;
    case neighbour::state::probe:
        n._attempts = 1;
        n._deadline = timekeeping::now() + answer_time;
        break;
    case neighbour::state::incomplete:
        n._attempts = 1;
        n._deadline = timekeeping::now() + answer_time;
        n._link.store(0, std::memory_order_release);
        break;
    case neighbour::state::failed:
        n._deadline = timekeeping::never;
        n._link.store(0, std::memory_order_release);
        break;
    }
    if (n._deadline != timekeeping::never)
        _timer.arm_not_later(n._deadline);
}

void neighbours::send_unresolved(neighbour& n, packet_ptr p)
{
    question q = question::none;
    WITH_LOCK(_lock)
    {
        if (n._state == neighbour::state::stale)
            set_locked(n, neighbour::state::delay);
        if (!(n._link.load(std::memory_order_relaxed) & neighbour::direct)) {
            if (n._state == neighbour::state::failed) {
                set_locked(n, neighbour::state::incomplete);
                q = question::to_all;
            }
            if (n._waiting.count() == most_waiting)
                n._waiting.pop(); // the oldest, which is asked for again soonest (RFC 4861 §7.2.2)
            n._waiting.push(std::move(p));
        }
    }
    if (q != question::none)
        ask(n, q);
    else if (p)
        n.send(std::move(p));
}

void neighbours::heard(interface& in, const ip_address& who, const announcement& what)
{
    ref_ptr<neighbour> n;
    if (what.worth_remembering) {
        auto made = get(in, who);
        if (!made)
            return;
        n = made.take();
    }
    packet_queue ready;
    WITH_LOCK(_lock)
    {
        if (!n) {
            neighbour* const known = find_locked(in, who);
            if (!known)
                return;
            n = ref_ptr(*known);
        }
        const u64 old = n->_link.load(std::memory_order_relaxed) & address_mask;
        const bool differs = old != as_word(what.mac);
        const bool unknown =
            n->_state == neighbour::state::incomplete || n->_state == neighbour::state::failed;
        if (!unknown && differs && !what.overrides) {
            if (n->_state == neighbour::state::reachable)
                set_locked(*n, neighbour::state::stale);
            return;
        }
        if (differs) {
            const u64 flag = n->_link.load(std::memory_order_relaxed) & neighbour::direct;
            n->_link.store(as_word(what.mac) | flag, std::memory_order_release);
        }
        if (what.solicited)
            set_locked(*n, neighbour::state::reachable);
        else if (differs || unknown)
            set_locked(*n, neighbour::state::stale);
        ready = std::move(n->_waiting);
    }
    while (auto p = ready.pop())
        n->send(std::move(p));
}

void neighbours::forget(interface& out)
{
    packet_queue dropped;
    lock_guard guard{_lock};
    for (neighbour& n : _all)
        if (&n._out == &out) {
            set_locked(n, neighbour::state::failed);
            dropped.append(std::move(n._waiting));
        }
}

void neighbours::ask(neighbour& n, question q)
{
    if (q == question::none)
        return;
    const mac_address known = as_mac(n._link.load(std::memory_order_relaxed));
    const mac_address* to = q == question::to_it ? &known : nullptr;
    if (n._address.is_ipv4())
        arp::request(n._out, n._address, to);
    else
        nd::solicit(n._out, n._address, to);
}

/// What time has brought. Packets that cannot be delivered are moved out.
neighbours::question neighbours::expire_locked(neighbour& n, packet_queue& undeliverable)
{
    using state = neighbour::state;
    const bool confirmed = n._confirmed.load(std::memory_order_relaxed);
    if (confirmed && (n._state == state::reachable || n._state == state::delay || n._state == state::probe)) {
        set_locked(n, state::reachable);
        return question::none;
    }
    if (n._state == state::reachable) {
        set_locked(n, state::stale);
        return question::none;
    }
    if (n._state == state::delay) {
        set_locked(n, state::probe);
        return question::to_it;
    }
    if (n._attempts == most_attempts) {
        set_locked(n, state::failed);
        undeliverable.append(std::move(n._waiting));
        return question::none;
    }
    n._attempts++;
    n._deadline = timekeeping::now() + answer_time;
    return n._state == state::probe ? question::to_it : question::to_all;
}

void neighbours::tick()
{
    packet_queue undeliverable;
    for (;;) {
        ref_ptr<neighbour> due;
        question q = question::none;
        WITH_LOCK(_lock)
        {
            const instant now = timekeeping::now();
            instant next = timekeeping::never;
            for (neighbour& n : _all) {
                if (n._deadline <= now && !due)
                    due = ref_ptr(n);
                else if (n._deadline < next)
                    next = n._deadline;
            }
            if (due) {
                q = expire_locked(*due, undeliverable);
            } else {
                if (next != timekeeping::never)
                    _timer.arm(next);
                break;
            }
        }
        ask(*due, q);
    }
    while (auto p = undeliverable.pop())
        _stack.icmp().undeliverable(std::move(p));
}

neighbours::description neighbours::describe_locked(const neighbour& n) const
{
    const u64 link = n._link.load(std::memory_order_relaxed);
    return {n._address, n._out.index(), as_mac(link), (link & address_mask) != 0, n._state};
}
} // namespace net
