// Looking at the head of a packet as a header: the one place where bytes become a struct.
//
// Every header is a struct of bytes (alignment 1) with the wire's layout. A header whose length varies has a
// static find() that checks it; the others are looked at by view(). Null means: too short or malformed.
#pragma once

#include "core/device/packet.hh"

namespace net
{
/// The first sizeof(Header) bytes of a packet, made linear if need be; null if there are not as many.
template <class Header>
Header* view(packet& p)
{
    static_assert(alignof(Header) == 1);
    if (p.head().size() < sizeof(Header) && !p.make_linear(sizeof(Header)))
        return nullptr;
    return reinterpret_cast<Header*>(p.head().data());
}

/// The same of bytes that are linear already.
template <class Header>
const Header* view(std::span<const std::byte> bytes)
{
    static_assert(alignof(Header) == 1);
    return bytes.size() < sizeof(Header) ? nullptr : reinterpret_cast<const Header*>(bytes.data());
}

/// Writes a header in front of a packet; the caller left room for it (packet::header_room).
template <class Header>
Header& prepend(packet& p)
{
    static_assert(alignof(Header) == 1);
    return *::new (static_cast<void*>(p.prepend(sizeof(Header)))) Header;
}
} // namespace net
