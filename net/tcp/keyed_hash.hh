// Hashes over whole words that nobody can predict without the key.
//
// SipHash (Aumasson, Bernstein 2012) is the pseudo-random function of initial sequence numbers and SYN
// cookies, which others see. folded_hash() chooses buckets: nobody sees it, and without the key no two inputs
// collide more often than by chance, which is what a table needs.
#pragma once

#include <bit>

#include "core/base/types.hh"
#include "core/random.hh"

namespace net::tcp
{
struct hash_key {
    u64 low = 0, high = 0;

    static hash_key random() { return {random_u64(), random_u64()}; }
};

template <unsigned Compression, unsigned Finalisation, class... Words>
constexpr u64 siphash(const hash_key& key, Words... words)
{
    u64 v0 = key.low ^ 0x736f'6d65'7073'6575, v1 = key.high ^ 0x646f'7261'6e64'6f6d;
    u64 v2 = key.low ^ 0x6c79'6765'6e65'7261, v3 = key.high ^ 0x7465'6462'7974'6573;
    const auto rounds = [&](unsigned count) {
        for (unsigned i = 0; i < count; i++) {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
    };
    const auto absorb = [&](u64 word) {
        v3 ^= word;
        rounds(Compression);
        v0 ^= word;
    };
    (absorb(static_cast<u64>(words)), ...);
    absorb(u64{sizeof...(words) * 8 % 256} << 56);
    v2 ^= 0xff;
    rounds(Finalisation);
    return v0 ^ v1 ^ v2 ^ v3;
}
/// The two halves of a product, one upon the other.
constexpr u64 folded_product(u64 a, u64 b)
{
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<u64>(product) ^ static_cast<u64>(product >> 64);
}

/// Multiplies words that the key was added to, two at a time (the NH of UMAC, RFC 4418 §5.2), and mixes once
/// more.
constexpr u64 folded_hash(const hash_key& key, u64 first, u64 second)
{
    return folded_product(folded_product(first + key.low, second + key.high), key.low | 1);
}
template <class... Words>
constexpr u64 folded_hash(const hash_key& key, u64 first, u64 second, u64 third, Words... more)
{
    return folded_hash(key, folded_hash(key, first, second), third, static_cast<u64>(more)...);
}
} // namespace net::tcp
