// Hexadecimal numbers with capital letters, as the files of the network have them.
#pragma once

#include "linux/proc/text.hh"

namespace proc
{
/// Padded with zeros to `width`, at most 16.
inline void capital_hex(text& out, u64 value, unsigned width)
{
    char digits[16];
    for (unsigned i = 0; i < width; i++)
        digits[i] = "0123456789ABCDEF"[value >> (4 * (width - 1 - i)) & 15];
    out.add({digits, width});
}
} // namespace proc
