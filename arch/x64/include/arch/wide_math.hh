// Arithmetic with 128-bit intermediate results, which the compiler would call a library for.
#pragma once

#include "core/base/types.hh"

namespace arch
{
/// a * b / c; the quotient must fit 64 bits.
inline u64 multiply_divide(u64 a, u64 b, u64 c)
{
    u64 quotient, remainder;
    asm("mulq %3\n\tdivq %4" : "=&a"(quotient), "=&d"(remainder) : "0"(a), "r"(b), "r"(c) : "cc");
    return quotient;
}

/// (high * 2^64 + low) / c; the quotient must fit 64 bits.
inline u64 divide_wide(u64 high, u64 low, u64 c)
{
    u64 quotient, remainder;
    asm("divq %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(c) : "cc");
    return quotient;
}
} // namespace arch
