// What may be done with mapped memory: Linux's PROT_ bits.
#pragma once

#include "core/base/types.hh"
#include "core/mm/memory_object.hh"

namespace mm
{
enum class protection : u8 { none = 0, read = 1, write = 2, execute = 4, all = 7 };

constexpr protection operator|(protection a, protection b)
{
    return static_cast<protection>(static_cast<u8>(a) | static_cast<u8>(b));
}
constexpr protection operator&(protection a, protection b)
{
    return static_cast<protection>(static_cast<u8>(a) & static_cast<u8>(b));
}
constexpr bool has(protection rights, protection wanted)
{
    return (rights & wanted) == wanted;
}

/// Whether an access is allowed. On x86 whatever may be written or executed may also be read.
constexpr bool permits(protection rights, access wanted)
{
    switch (wanted) {
    case access::read:
        return rights != protection::none;
    case access::write:
        return has(rights, protection::write);
    case access::execute:
        return has(rights, protection::execute);
    }
    return false;
}
} // namespace mm
