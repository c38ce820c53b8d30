// See ports.hh.
#include "net/udp/ports.hh"

#include "core/random.hh"
#include "net/interface/interface.hh"
#include "net/udp/socket.hh"

namespace net
{
namespace
{
u64 mix(u64 value)
{
    value *= 0x9e37'79b9'7f4a'7c15;
    return value ^ value >> 32;
}
u64 hash_by_port(const udp_socket& s)
{
    return mix(s.binding().local.port);
}
u64 hash_by_peer(const udp_socket& s)
{
    const udp_binding& b = s.binding();
    return mix(mix(b.peer.address.high() ^ b.peer.address.low()) ^ (u64{b.peer.port} << 16 | b.local.port));
}
bool same_scope(u32 a, u32 b)
{
    return a == 0 || b == 0 || a == b;
}
} // namespace

bool udp_binding::takes(const ip_info& info) const
{
    const bool packet_is_ipv4 = info.destination.is_ipv4();
    if (interface_index && interface_index != info.in->index())
        return false;
    if (local.address == info.destination)
        return same_scope(local.scope, info.in->index());
    if (!local.address.is_any())
        return false;
    return local.address.is_ipv4() ? packet_is_ipv4 : !packet_is_ipv4 || !v6_only;
}

unsigned udp_binding::exactness(const ip_info& info) const
{
    return (local.address.is_any() ? 0u : 4u) + (interface_index ? 2u : 0u) +
           (is_ipv4 == info.destination.is_ipv4() ? 1u : 0u);
}

bool udp_binding::conflicts_with(const udp_binding& other) const
{
    if (!same_scope(interface_index, other.interface_index))
        return false;
    if ((reuse_address && other.reuse_address) || (reuse_port && other.reuse_port))
        return false;
    const bool mine_any = local.address.is_any(), other_any = other.local.address.is_any();
    if (!mine_any && !other_any)
        return local.address == other.local.address && same_scope(local.scope, other.local.scope);
    // A wildcard covers its own family, and :: both unless it is IPV6_V6ONLY.
    const auto covers = [](const udp_binding& any, const udp_binding& b) {
        const bool same_family = any.local.address.is_ipv4() == b.local.address.is_ipv4();
        return same_family || (!any.local.address.is_ipv4() && !any.v6_only);
    };
    return (mine_any && covers(*this, other)) || (other_any && covers(other, *this));
}

udp_socket* udp_ports::next_of(const udp_socket& s)
{
    return s._next_by_port;
}

udp_socket* udp_ports::first_locked(const shard& s, u64 hash)
{
    return s.bucket_count ? s.buckets[(hash >> 6) & (s.bucket_count - 1)] : nullptr;
}

template <udp_ports::link Next>
result<void> udp_ports::insert_locked(shard& s, udp_socket& socket, u64 hash,
                                      u64 (*rehash)(const udp_socket&))
{
    if (s.count >= s.bucket_count) {
        const size_t more = s.bucket_count ? s.bucket_count * 2 : 4;
        auto buckets = TRY(try_make_unique<udp_socket*[]>(more));
        for (size_t i = 0; i < s.bucket_count; i++)
            while (udp_socket* moved = s.buckets[i]) {
                s.buckets[i] = moved->*Next;
                udp_socket*& head = buckets[(rehash(*moved) >> 6) & (more - 1)];
                moved->*Next = head;
                head = moved;
            }
        s.buckets = std::move(buckets);
        s.bucket_count = more;
    }
    udp_socket*& head = s.buckets[(hash >> 6) & (s.bucket_count - 1)];
    socket.*Next = head;
    head = &socket;
    s.count++;
    return {};
}

template <udp_ports::link Next>
void udp_ports::remove_locked(shard& s, udp_socket& socket, u64 hash)
{
    udp_socket** at = &s.buckets[(hash >> 6) & (s.bucket_count - 1)];
    while (*at != &socket)
        at = &((*at)->*Next);
    *at = socket.*Next;
    s.count--;
}

result<void> udp_ports::try_bind(udp_socket& socket, const udp_binding& wanted)
{
    const u64 hash = mix(wanted.local.port);
    shard& s = _by_port[hash % shard_count];
    lock_guard guard{s.lock};
    for (udp_socket* other = first_locked(s, hash); other; other = other->_next_by_port)
        if (other->_binding.local.port == wanted.local.port && wanted.conflicts_with(other->_binding))
            return fail(errc::eaddrinuse);
    const udp_binding before = std::exchange(socket._binding, wanted);
    auto inserted = insert_locked<&udp_socket::_next_by_port>(s, socket, hash, hash_by_port);
    if (!inserted)
        socket._binding = before;
    return inserted;
}

result<void> udp_ports::bind(udp_socket& socket, const udp_binding& wanted)
{
    if (wanted.local.port != 0)
        return try_bind(socket, wanted);
    udp_binding any = wanted;
    any.reuse_address = any.reuse_port = false; // a port that was not asked for is shared with nobody
    constexpr u32 range = last_ephemeral - first_ephemeral + 1;
    const u32 start = static_cast<u32>(random_u64() % range);
    for (u32 i = 0; i < range; i++) {
        any.local.port = static_cast<u16>(first_ephemeral + (start + i) % range);
        const auto bound = try_bind(socket, any);
        if (bound || bound.error() != errc::eaddrinuse)
            return bound;
    }
    return fail(errc::eaddrinuse);
}

result<void> udp_ports::enter_connected(udp_socket& socket)
{
    const u64 hash = hash_by_peer(socket);
    shard& s = _by_peer[hash % shard_count];
    lock_guard guard{s.lock};
    TRY(insert_locked<&udp_socket::_next_by_peer>(s, socket, hash, hash_by_peer));
    _connected.fetch_add(1, std::memory_order_relaxed);
    return {};
}

void udp_ports::leave_connected(udp_socket& socket)
{
    const u64 hash = hash_by_peer(socket);
    shard& s = _by_peer[hash % shard_count];
    lock_guard guard{s.lock};
    remove_locked<&udp_socket::_next_by_peer>(s, socket, hash);
    _connected.fetch_sub(1, std::memory_order_relaxed);
}

result<void> udp_ports::change(udp_socket& socket, const udp_binding& binding)
{
    assert(binding.local.port == socket._binding.local.port && binding.local.port != 0);
    if (socket._binding.connected)
        leave_connected(socket);
    shard& s = _by_port[mix(binding.local.port) % shard_count];
    WITH_LOCK(s.lock)
    {
        socket._binding = binding;
    }
    if (!binding.connected)
        return {};
    auto entered = enter_connected(socket);
    if (!entered)
        WITH_LOCK(s.lock)
        {
            socket._binding.connected = false;
        }
    return entered;
}

void udp_ports::unbind(udp_socket& socket)
{
    if (socket._binding.local.port == 0)
        return;
    if (socket._binding.connected)
        leave_connected(socket);
    const u64 hash = hash_by_port(socket);
    shard& s = _by_port[hash % shard_count];
    lock_guard guard{s.lock};
    remove_locked<&udp_socket::_next_by_port>(s, socket, hash);
    socket._binding.connected = false;
    socket._binding.local.port = 0;
}

ref_ptr<udp_socket> udp_ports::find(const ip_info& info, u16 source_port, u16 destination_port) const
{
    if (_connected.load(std::memory_order_relaxed)) {
        const u64 hash =
            mix(mix(info.source.high() ^ info.source.low()) ^ (u64{source_port} << 16 | destination_port));
        const shard& s = _by_peer[hash % shard_count];
        lock_guard guard{s.lock};
        for (udp_socket* c = first_locked(s, hash); c; c = c->_next_by_peer) {
            const udp_binding& b = c->_binding;
            if (b.peer.port == source_port && b.local.port == destination_port &&
                b.peer.address == info.source && b.takes(info) && c->try_add_ref())
                return ref_ptr<udp_socket>::adopt(c);
        }
    }
    const u64 hash = mix(destination_port);
    const shard& s = _by_port[hash % shard_count];
    lock_guard guard{s.lock};
    udp_socket* best = nullptr;
    unsigned best_fit = 0, equals = 0;
    for (udp_socket* c = first_locked(s, hash); c; c = c->_next_by_port) {
        const udp_binding& b = c->_binding;
        if (b.local.port != destination_port || b.connected || !b.takes(info))
            continue;
        const unsigned fit = b.exactness(info);
        if (best && fit < best_fit)
            continue;
        if (!best || fit > best_fit) {
            best = c;
            best_fit = fit;
            equals = 1;
        } else if (b.reuse_port) { // SO_REUSEPORT: a flow stays with one of them
            equals++;
            const u64 flow = mix(info.source.low() ^ info.source.high() ^ u64{source_port} << 48);
            if (mix(flow + equals) % equals == 0)
                best = c;
        }
    }
    return best && best->try_add_ref() ? ref_ptr<udp_socket>::adopt(best) : ref_ptr<udp_socket>();
}

size_t udp_ports::find_all(const ip_info& info, u16 destination_port, size_t skip,
                           std::span<ref_ptr<udp_socket>> found) const
{
    const u64 hash = mix(destination_port);
    const shard& s = _by_port[hash % shard_count];
    lock_guard guard{s.lock};
    size_t count = 0;
    for (udp_socket* c = first_locked(s, hash); c && count < found.size(); c = c->_next_by_port) {
        const udp_binding& b = c->_binding;
        if (b.local.port != destination_port || !b.takes(info) ||
            (b.connected && b.peer.address != info.source))
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        if (c->try_add_ref())
            found[count++] = ref_ptr<udp_socket>::adopt(c);
    }
    return count;
}
} // namespace net
