// Hashing names for tables in memory: eight bytes at a step, by multiplication. Not for what an attacker
// could choose to make collide: chains only get longer.
#pragma once

#include <cstring>
#include <string_view>

#include "core/base/types.hh"

namespace hashing
{
template <class T>
u64 load(const char* at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Fewer than 8 bytes as one word; the two loads may overlap.
inline u64 load_short(const char* at, size_t size)
{
    if (size >= 4)
        return load<u32>(at) | load<u32>(at + size - 4) << 32;
    if (size >= 2)
        return load<u16>(at) | load<u16>(at + size - 2) << 32;
    return size ? load<u8>(at) : 0;
}
} // namespace hashing

/// `seed` is what else makes the key, such as an address.
inline u32 hash_name(std::string_view name, u64 seed = 0)
{
    constexpr u64 multiplier = 0x9e3779b97f4a7c15; // 2^64 / golden ratio
    u64 hash = seed * multiplier + name.size();
    const char* at = name.data();
    size_t left = name.size();
    for (; left >= 8; at += 8, left -= 8) {
        hash = (hash ^ hashing::load<u64>(at)) * multiplier;
        hash ^= hash >> 32;
    }
    hash = (hash ^ hashing::load_short(at, left)) * multiplier;
    return static_cast<u32>(hash >> 32);
}
