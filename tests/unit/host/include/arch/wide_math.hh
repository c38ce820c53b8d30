// See arch/x64/include/arch/wide_math.hh.
#pragma once

#include "core/base/types.hh"

namespace arch
{
inline u64 multiply_divide(u64 a, u64 b, u64 c)
{
    return static_cast<u64>(static_cast<unsigned __int128>(a) * b / c);
}
inline u64 divide_wide(u64 high, u64 low, u64 c)
{
    return static_cast<u64>((static_cast<unsigned __int128>(high) << 64 | low) / c);
}
} // namespace arch
