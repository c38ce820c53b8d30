// Numbers as they stand in packets: most significant byte first, at any address.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstring>

#include "core/base/types.hh"

namespace net
{
template <std::unsigned_integral T>
class big_endian
{
  public:
    constexpr big_endian() = default;
    constexpr big_endian(T value) : _bytes(std::bit_cast<bytes>(swap(value))) {}

    constexpr operator T() const { return swap(std::bit_cast<T>(_bytes)); }
    constexpr T value() const { return *this; }

  private:
    using bytes = std::array<u8, sizeof(T)>;
    static constexpr T swap(T value)
    {
        if constexpr (sizeof(T) == 2)
            return __builtin_bswap16(value);
        else if constexpr (sizeof(T) == 4)
            return __builtin_bswap32(value);
        else
            return __builtin_bswap64(value);
    }

    bytes _bytes{};
};

using be16 = big_endian<u16>;
using be32 = big_endian<u32>;
static_assert(std::endian::native == std::endian::little && sizeof(be32) == 4 && alignof(be32) == 1);
} // namespace net
