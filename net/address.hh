// Internet addresses. One type for both families: IPv4 lies in IPv6's ::ffff:0:0/96 (RFC 4291 §2.5.5.2), as
// in dual-stack sockets, so that tables and sockets need one key only.
#pragma once

#include <array>
#include <bit>

#include "core/base/types.hh"

namespace net
{
enum class family : u8 { ipv4, ipv6 };

/// The number in an IP header (IANA).
enum class protocol_number : u8 { icmp = 1, igmp = 2, tcp = 6, udp = 17, icmpv6 = 58 };

/// An IPv4 address in host byte order: 127.0.0.1 is 0x7f000001.
struct ipv4_address {
    u32 value = 0;

    constexpr bool operator==(const ipv4_address&) const = default;
    constexpr bool is_any() const { return value == 0; }
    constexpr bool is_loopback() const { return value >> 24 == 127; }
    constexpr bool is_multicast() const { return value >> 28 == 0xe; }
    constexpr bool is_broadcast() const { return value == 0xffff'ffff; }
};

class ip_address
{
  public:
    constexpr ip_address() = default; // ::
    constexpr explicit ip_address(const std::array<u8, 16>& bytes) : _bytes(bytes) {}
    constexpr explicit ip_address(ipv4_address a)
        : ip_address(std::bit_cast<std::array<u8, 16>>(
              std::array<u64, 2>{0, u64{__builtin_bswap32(a.value)} << 32 | mapped_prefix}))
    {
    }
    static constexpr ip_address any(family f)
    {
        return f == family::ipv4 ? ip_address(ipv4_address{}) : ip_address();
    }

    // Inlined whatever the compiler thinks: four instructions on the way of each packet.
    [[gnu::always_inline]] constexpr bool operator==(const ip_address& other) const
    {
        return low() == other.low() && high() == other.high(); // what differs most comes first
    }
    constexpr const std::array<u8, 16>& bytes() const { return _bytes; }

    [[gnu::always_inline]] constexpr bool is_ipv4() const
    {
        return high() == 0 && static_cast<u32>(low()) == mapped_prefix;
    }
    constexpr net::family family() const { return is_ipv4() ? net::family::ipv4 : net::family::ipv6; }
    /// Of an IPv4 address.
    constexpr ipv4_address as_ipv4() const { return {__builtin_bswap32(static_cast<u32>(low() >> 32))}; }

    /// 0.0.0.0 or ::.
    constexpr bool is_any() const { return *this == ip_address() || *this == ip_address(ipv4_address{}); }
    constexpr bool is_loopback() const
    {
        return is_ipv4() ? as_ipv4().is_loopback()
                         : *this == ip_address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    }
    constexpr bool is_multicast() const { return is_ipv4() ? as_ipv4().is_multicast() : _bytes[0] == 0xff; }
    /// fe80::/10 (IPv6 only).
    constexpr bool is_link_local() const { return _bytes[0] == 0xfe && (_bytes[1] & 0xc0) == 0x80; }

    /// The halves as they lie in memory: for comparing and hashing.
    constexpr u64 high() const { return std::bit_cast<std::array<u64, 2>>(_bytes)[0]; }
    constexpr u64 low() const { return std::bit_cast<std::array<u64, 2>>(_bytes)[1]; }

  private:
    static_assert(std::endian::native == std::endian::little);
    static constexpr u32 mapped_prefix = 0xffff'0000; // bytes 8 to 11 of an IPv4 address

    std::array<u8, 16> _bytes{};
};

/// Where a socket is or wants to go.
struct endpoint {
    ip_address address;
    u16 port = 0;  // host order
    u32 scope = 0; // interface index of a link-local address, else 0

    constexpr bool operator==(const endpoint&) const = default;
};
} // namespace net
