// The map of virtual addresses, and the way between a byte of RAM and the kernel's pointer to it.
//
//     0x0000000000000000  never mapped: the null page
//     0x0000000000001000  the application's half, up to application_end
//     0x00007ffffffff000  never mapped: the last page of the half
//     0xffff800000000000  direct map: all RAM at one offset
//     0xffffc00000000000  kernel areas: stacks with guard pages, device registers
//     0xffffffff80000000  kernel image
//     0xffffffffffe00000  never mapped, so that MAP_FAILED and negative errnos used as pointers fault
#pragma once

#include "arch/address_map.hh"
#include "core/base/types.hh"

namespace mm
{
inline constexpr virt_addr application_start{0x1000};
inline constexpr virt_addr application_end{0x7ffffffff000};

inline constexpr virt_addr kernel_areas_start{0xffffc00000000000};
inline constexpr virt_addr kernel_areas_end{0xffffc08000000000}; // one top-level entry

inline constexpr virt_addr kernel_image_start{0xffffffff80000000};
inline constexpr virt_addr kernel_image_end{0xffffffffffe00000};

/// The kernel's pointer to RAM at `address`.
inline void* to_virtual(phys_addr address)
{
    return reinterpret_cast<void*>(arch::direct_map_base + address.value);
}

template <class T>
T* to_virtual(phys_addr address)
{
    return static_cast<T*>(to_virtual(address));
}

/// The other way, for pointers into the direct map only (frames and the kernel heap; not stacks, not the
/// image).
inline phys_addr to_physical(const void* pointer)
{
    return phys_addr(reinterpret_cast<u64>(pointer) - arch::direct_map_base);
}

/// Where a byte of the kernel image lies in RAM; after init_kernel_page_tables().
phys_addr kernel_image_to_physical(const void* pointer);

/// Whether the whole range lies where the application may have memory.
constexpr bool is_application_range(virt_addr start, u64 length)
{
    return length <= application_end.value && start.value <= application_end.value - length;
}
} // namespace mm
