// Mapping an ELF file's segments into an address space.
//
//      file   |  text  |  data  |
//     memory  |  text  |  data  0000|  bss, anonymous  |
//                             ^ the rest of the file's last page is cleared
#pragma once

#include "core/mm/address_space.hh"
#include "loader/elf/file.hh"

namespace elf
{
struct mapping {
    u64 bias = 0; // what was added to the file's addresses
    virt_addr entry;
    virt_addr lowest;
    virt_addr break_start;
};

/// Where a position-independent file goes: a program has a place of its own, an interpreter lies among the
/// libraries.
enum class placement : u8 { program, library };

/// The calling thread runs in `space`. Errors: enomem if it does not fit, efault, eio.
result<mapping> map(mm::address_space& space, const file& from, placement where);
} // namespace elf
