// See address_list.hh.
#include "net/interface/address_list.hh"

namespace net
{
bool in_prefix(const ip_address& address, const ip_address& prefix, u8 length)
{
    if (address.is_ipv4() != prefix.is_ipv4())
        return false;
    unsigned bits = prefix.is_ipv4() ? 96u + length : length;
    for (size_t i = 0; bits > 0; i++) {
        const unsigned here = bits < 8 ? bits : 8;
        const auto mask = static_cast<u8>(0xff00u >> here);
        if ((address.bytes()[i] ^ prefix.bytes()[i]) & mask)
            return false;
        bits -= here;
    }
    return true;
}

ip_address prefix_of(const ip_address& address, u8 length)
{
    const unsigned bits = address.is_ipv4() ? 96u + length : length;
    auto bytes = address.bytes();
    for (unsigned bit = bits; bit < 128; bit++)
        bytes[bit / 8] &= static_cast<u8>(~(0x80u >> bit % 8));
    return ip_address(bytes);
}

ip_address interface_address::broadcast() const
{
    if (!address.is_ipv4() || prefix_length >= 31 || address.is_loopback())
        return {};
    return ip_address(ipv4_address{address.as_ipv4().value | 0xffff'ffffu >> prefix_length});
}

address_list::~address_list()
{
    entry* e = _first.load();
    while (e)
        delete std::exchange(e, e->next.load());
}

address_list::entry* address_list::find_locked(const ip_address& a) const
{
    for (entry* e = _first.load(std::memory_order_relaxed); e; e = e->next)
        if (e->used && e->value.address == a)
            return e;
    return nullptr;
}

bool address_list::is_broadcast(ipv4_address a) const
{
    lock_guard guard{_lock};
    for (const entry* e = _first.load(std::memory_order_relaxed); e; e = e->next)
        if (e->used && e->value.usable() && e->value.broadcast() == ip_address(a))
            return true;
    return false;
}

result<void> address_list::set(const interface_address& a)
{
    lock_guard guard{_lock};
    entry* e = find_locked(a.address);
    for (entry* f = _first.load(std::memory_order_relaxed); f && !e; f = f->next)
        if (!f->used)
            e = f;
    const bool fresh = !e;
    if (fresh)
        e = new (std::nothrow) entry;
    if (!e)
        return fail(errc::enomem);
    if (!e->used ||
        !(e->value.address == a.address)) // one that stays what it is goes on to be ours meanwhile
        e->usable.store(false, std::memory_order_release);
    e->used = true;
    e->value = a;
    e->high.store(a.address.high(), std::memory_order_relaxed);
    e->low.store(a.address.low(), std::memory_order_relaxed);
    e->usable.store(a.usable(), std::memory_order_release);
    if (fresh) { // at the end: the order in which they were given is the order in which they are preferred
        entry* last = _first.load(std::memory_order_relaxed);
        if (!last) {
            _first.store(e, std::memory_order_release);
            return {};
        }
        while (last->next)
            last = last->next;
        last->next.store(e, std::memory_order_release);
    }
    return {};
}

result<void> address_list::remove(const ip_address& a)
{
    lock_guard guard{_lock};
    entry* const e = find_locked(a);
    if (!e)
        return fail(errc::eaddrnotavail);
    e->usable.store(false, std::memory_order_release);
    e->used = false;
    return {};
}

std::optional<interface_address> address_list::find(const ip_address& a) const
{
    lock_guard guard{_lock};
    const entry* e = find_locked(a);
    return e ? std::optional(e->value) : std::nullopt;
}
} // namespace net
