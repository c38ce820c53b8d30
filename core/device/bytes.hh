// Little-endian numbers out of tables that strangers wrote: total functions, so that no offset can read
// outside.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "core/base/types.hh"

using byte_view = std::span<const std::byte>;

/// The number at `offset`, or 0 where the table is too short to hold it.
template <std::unsigned_integral T>
constexpr T load(byte_view bytes, size_t offset)
{
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T))
        return 0;
    u64 value = 0;
    for (size_t i = 0; i < sizeof(T); i++)
        value |= static_cast<u64>(bytes[offset + i]) << (8 * i);
    return static_cast<T>(value);
}

/// The part from `offset` of at most `length` bytes; empty where there is none.
constexpr byte_view part(byte_view bytes, size_t offset, size_t length = std::dynamic_extent)
{
    if (offset >= bytes.size())
        return {};
    return bytes.subspan(offset, length < bytes.size() - offset ? length : bytes.size() - offset);
}

/// All bytes added up, modulo 256: 0 for an intact firmware table.
constexpr u8 byte_sum(byte_view bytes)
{
    u8 sum = 0;
    for (std::byte b : bytes)
        sum = static_cast<u8>(sum + static_cast<u8>(b));
    return sum;
}
