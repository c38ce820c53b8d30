// Sequence numbers: 32 bits that wrap around (RFC 9293 §3.4).
//
// a < b means that b lies at most 2^31 - 1 ahead of a. That orders numbers of one window, which is at most
// 2^30 bytes (RFC 7323 §2.2), and nothing else: there is no total order, so sequences are no map keys.
#pragma once

#include "core/base/types.hh"

namespace net::tcp
{
struct sequence {
    u32 value = 0;

    constexpr bool operator==(const sequence&) const = default;
    constexpr sequence operator+(u32 n) const { return {value + n}; }
    constexpr sequence operator-(u32 n) const { return {value - n}; }
    constexpr sequence& operator+=(u32 n)
    {
        value += n;
        return *this;
    }

    /// How far `a` lies ahead of `b`.
    friend constexpr u32 operator-(sequence a, sequence b) { return a.value - b.value; }
    friend constexpr bool operator<(sequence a, sequence b)
    {
        return static_cast<s32>(a.value - b.value) < 0;
    }
    friend constexpr bool operator>(sequence a, sequence b) { return b < a; }
    friend constexpr bool operator<=(sequence a, sequence b) { return !(b < a); }
    friend constexpr bool operator>=(sequence a, sequence b) { return !(a < b); }
};

constexpr sequence earlier(sequence a, sequence b)
{
    return a < b ? a : b;
}
constexpr sequence later(sequence a, sequence b)
{
    return a < b ? b : a;
}

/// Whether `s` is one of the `length` numbers from `begin` on.
constexpr bool within(sequence s, sequence begin, u32 length)
{
    return s - begin < length;
}
} // namespace net::tcp
