#include "net/tcp/ports.hh"

#include "net/tcp/listener.hh"

namespace net::tcp
{
struct port {
    using user_list = intrusive::list<flow, intrusive::member_hook<flow, list_hook, &flow::_port_hook>,
                                      intrusive::constant_time_size<false>>;
    ports::port_shard& shard;
    const u16 number;
    user_list users; // the shard's lock, as the next
    listener::port_list listeners;

    void add(flow& f)
    {
        f._port = this;
        users.push_back(f);
    }
};

namespace
{
/// Whether a packet could be meant for both.
bool overlap(const ip_address& a, flow::port_use a_use, const ip_address& b, flow::port_use b_use)
{
    if (a == b)
        return true;
    const bool same_family = a.is_ipv4() == b.is_ipv4();
    if (a.is_any() && b.is_any())
        return same_family || (a.is_ipv4() ? !b_use.ipv6_only : !a_use.ipv6_only);
    if (a.is_any())
        return same_family || (!a.is_ipv4() && !a_use.ipv6_only);
    if (b.is_any())
        return same_family || (!b.is_ipv4() && !b_use.ipv6_only);
    return false;
}

/// Linux's rule (socket(7), ip(7)): two that both set SO_REUSEPORT may share; two that both set SO_REUSEADDR
/// may, unless one listens.
bool conflict(const flow& a, const flow& b)
{
    if (a.use().reuse_port && b.use().reuse_port)
        return false;
    if (a.use().reuse_address && b.use().reuse_address && !b.use().listening && !a.use().listening)
        return false;
    return overlap(a.tuple().local, a.use(), b.tuple().local, b.use());
}
} // namespace

result<port*> ports::find_or_create_locked(port_shard& s, u16 number)
{
    if (port* found = s.ports.find(number / 64))
        return found;
    auto* created = new (std::nothrow) port{s, number, {}, {}};
    if (!created)
        return fail(errc::enomem);
    if (const auto inserted = s.ports.insert(number / 64, *created); !inserted) {
        delete created;
        return fail(inserted.error());
    }
    return created;
}

result<void> ports::bind_to(flow& f, u16 number, bool only_free)
{
    port_shard& s = shard_of(number);
    lock_guard guard{s.lock};
    if (const port* existing = s.ports.find(number / 64)) {
        if (only_free)
            return fail(errc::eaddrinuse);
        for (const flow& other : existing->users)
            if (conflict(f, other))
                return fail(errc::eaddrinuse);
    }
    TRY(find_or_create_locked(s, number))->add(f);
    return {};
}

result<u16> ports::bind(flow& f, u16 number)
{
    if (number != 0) {
        TRY(bind_to(f, number, false));
        return number;
    }
    constexpr u32 count = last_ephemeral - first_ephemeral + 1;
    const u32 start = static_cast<u32>(random_u64() % count);
    for (const bool only_free : {true, false})
        for (u32 i = 0; i < count; i++) {
            const u16 candidate = static_cast<u16>(first_ephemeral + (start + i) % count);
            const auto bound = bind_to(f, candidate, only_free);
            if (bound)
                return candidate;
            if (bound.error() != errc::eaddrinuse)
                return fail(bound.error());
        }
    return fail(errc::eaddrinuse);
}

result<void> ports::share(flow& f, u16 number)
{
    port_shard& s = shard_of(number);
    lock_guard guard{s.lock};
    if (const port* existing = s.ports.find(number / 64))
        for (const flow& other : existing->users) {
            if (other._use.chosen)
                return fail(errc::eaddrinuse);
            break; // all others were not chosen either: bind() refuses to join them, or joins as chosen first
        }
    TRY(find_or_create_locked(s, number))->add(f);
    return {};
}

result<void> ports::join(flow& f, u16 number)
{
    port_shard& s = shard_of(number);
    lock_guard guard{s.lock};
    TRY(find_or_create_locked(s, number))->add(f);
    return {};
}

void ports::leave(flow& f)
{
    port* const p = std::exchange(f._port, nullptr);
    if (!p)
        return;
    port_shard& s = p->shard;
    lock_guard guard{s.lock};
    p->users.erase(p->users.iterator_to(f));
    if (p->users.empty()) {
        s.ports.erase(p->number / 64);
        delete p;
    }
}

result<void> ports::listen(flow& f, listener& l)
{
    port& p = *f._port;
    lock_guard guard{p.shard.lock};
    f._use.listening = true;
    for (const flow& other : p.users)
        if (&other != &f && other._use.listening && conflict(f, other)) {
            f._use.listening = false;
            return fail(errc::eaddrinuse);
        }
    l._port = &p;
    p.listeners.push_back(l);
    return {};
}

void ports::stop_listening(listener& l)
{
    port* const p = std::exchange(l._port, nullptr);
    if (!p)
        return;
    lock_guard guard{p->shard.lock};
    p->listeners.erase(p->listeners.iterator_to(l));
}

ref_ptr<listener> ports::find_listener(const ip_address& local, u16 number, u32 hash)
{
    port_shard& s = shard_of(number);
    lock_guard guard{s.lock};
    port* const p = s.ports.find(number / 64);
    if (!p)
        return nullptr;
    const auto score = [&](const listener& l) {
        if (l.address() == local)
            return 3;
        if (!overlap(l.address(), {.ipv6_only = l.ipv6_only()}, local, {}))
            return 0;
        return l.address().is_ipv4() == local.is_ipv4() ? 2 : 1;
    };
    int best = 0;
    u32 equals = 0;
    for (const listener& l : p->listeners) {
        const int mine = score(l);
        if (mine > best)
            best = mine, equals = 0;
        equals += mine == best;
    }
    if (best == 0)
        return nullptr;
    u32 skip = equals == 1 ? 0 : static_cast<u32>((u64{hash} * equals) >> 32);
    for (listener& l : p->listeners)
        if (score(l) == best && skip-- == 0)
            return ref_ptr<listener>(l);
    return nullptr;
}

u32 ports::ephemeral_offset(const four_tuple& t) const
{
    return static_cast<u32>(siphash<2, 4>(_offset_key, t.remote.high(), t.remote.low(), t.local.high(),
                                          t.local.low(), u64{t.remote_port}));
}

std::atomic<u16>& ports::ephemeral_counter(const four_tuple& t)
{
    return _counters[siphash<2, 4>(_counter_key, t.remote.high(), t.remote.low(), t.local.high(),
                                   t.local.low(), u64{t.remote_port}) %
                     256];
}
} // namespace net::tcp
