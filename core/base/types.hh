// Fixed-width integers and the two kinds of address, so that a unit stands in every type.
//
// A phys_addr is a place on the machine's memory bus. A virt_addr is an address that the running code
// could dereference, but that code must not: it came from the application or is being computed. Both are
// plain values; page arithmetic is by the helpers below, never by hand.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using std::size_t;

inline constexpr size_t page_shift = 12;
inline constexpr size_t page_size = size_t{1} << page_shift;
inline constexpr size_t page_mask = page_size - 1;
inline constexpr size_t large_page_size = size_t{2} << 20;

inline constexpr size_t operator""_KiB(unsigned long long n)
{
    return static_cast<size_t>(n) << 10;
}
inline constexpr size_t operator""_MiB(unsigned long long n)
{
    return static_cast<size_t>(n) << 20;
}
inline constexpr size_t operator""_GiB(unsigned long long n)
{
    return static_cast<size_t>(n) << 30;
}
inline constexpr size_t operator""_TiB(unsigned long long n)
{
    return static_cast<size_t>(n) << 40;
}

/// Rounds down or up to a power of two.
template <class T>
constexpr T align_down(T value, size_t alignment)
{
    return static_cast<T>(value & ~static_cast<T>(alignment - 1));
}
template <class T>
constexpr T align_up(T value, size_t alignment)
{
    return align_down(static_cast<T>(value + static_cast<T>(alignment - 1)), alignment);
}
template <class T>
constexpr bool is_aligned(T value, size_t alignment)
{
    return (value & static_cast<T>(alignment - 1)) == 0;
}

namespace detail
{
template <class Tag>
struct address {
    u64 value = 0;

    constexpr address() = default;
    constexpr explicit address(u64 v) : value(v) {}

    constexpr auto operator<=>(const address&) const = default;
    constexpr address operator+(u64 bytes) const { return address(value + bytes); }
    constexpr address operator-(u64 bytes) const { return address(value - bytes); }
    constexpr u64 operator-(address other) const { return value - other.value; }
    constexpr address& operator+=(u64 bytes)
    {
        value += bytes;
        return *this;
    }
    constexpr address page() const { return address(align_down(value, page_size)); }
    constexpr u64 page_offset() const { return value & page_mask; }
    constexpr u64 page_number() const { return value >> page_shift; }
};
struct phys_tag;
struct virt_tag;
} // namespace detail

using phys_addr = detail::address<detail::phys_tag>;
using virt_addr = detail::address<detail::virt_tag>;

/// Bytes rounded up to whole pages.
constexpr size_t pages_for(size_t bytes)
{
    return (bytes + page_mask) >> page_shift;
}
