// Socket addresses on their way between program and kernel: a sockaddr of any family as bytes, and its
// meaning.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/socket.hh"
#include "net/address.hh"

namespace linux
{
/// A sockaddr with its length; 0: none.
class socket_address
{
  public:
    socket_address() = default;
    template <class T>
    static socket_address of(const T& address, size_t length = sizeof(T))
    {
        socket_address made;
        made.assign(std::as_bytes(std::span(&address, 1)).first(length));
        return made;
    }

    /// At most sockaddr_storage_size bytes.
    void assign(std::span<const std::byte> bytes)
    {
        std::copy(bytes.begin(), bytes.end(), _bytes.begin());
        _length = static_cast<u32>(bytes.size());
    }
    /// Copies from the application. Errors: einval (no sensible length), efault.
    result<void> read(virt_addr from, s32 length);
    /// Copies out: cut at what *length allows, and the real length in *length. Errors: einval, efault.
    result<void> write(virt_addr to, mm::user_ptr<s32> length) const;

    u32 length() const { return _length; }
    bool empty() const { return _length == 0; }
    std::span<const std::byte> bytes() const { return std::span(_bytes).first(_length); }
    /// af_unspec if there are not even two bytes.
    u16 family() const { return _length < sizeof(u16) ? af_unspec : as<u16>(); }
    /// Its first bytes; what is behind the end is zero.
    template <class T>
    T as() const
    {
        T value{};
        std::memcpy(&value, _bytes.data(), _length < sizeof(T) ? _length : sizeof(T));
        return value;
    }

  private:
    std::array<std::byte, sockaddr_storage_size> _bytes;
    u32 _length = 0;
};

/// What an address given to a socket of family `wanted` means. Errors: einval (too short), eafnosupport.
result<net::endpoint> endpoint_of(const socket_address& address, net::family wanted);

/// As a socket of this family shows it: IPv4 as ::ffff:a.b.c.d to IPv6 sockets.
socket_address address_of(const net::endpoint& where, net::family shown_as);

/// Network and host byte order.
constexpr u16 swap16(u16 value)
{
    return __builtin_bswap16(value);
}
constexpr u32 swap32(u32 value)
{
    return __builtin_bswap32(value);
}
/// The IPv4 address whose big-endian number a program gave, and back.
inline net::ip_address ip_address_of(u32 big_endian)
{
    return net::ip_address(net::ipv4_address{swap32(big_endian)});
}
inline net::ip_address ip_address_of(const u8 (&bytes)[16])
{
    std::array<u8, 16> copy;
    std::memcpy(copy.data(), bytes, sizeof bytes);
    return net::ip_address(copy);
}
inline u32 big_endian(const net::ip_address& address)
{
    return swap32(address.as_ipv4().value);
}
} // namespace linux
