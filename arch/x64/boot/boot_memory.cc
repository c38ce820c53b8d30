// See boot_memory.hh.
#include "arch/x64/boot/boot_memory.hh"

#include <algorithm>
#include <array>

#include "arch/boot.hh"
#include "arch/x64/boot/boot_main.hh"
#include "core/mm/layout.hh"

extern "C" const char __kernel_start[], __kernel_end[];

namespace arch::boot_memory
{
namespace
{
constexpr u64 low_memory_end = 0x100000;
constexpr phys_addr trampoline{0x8000};
// Where 16-bit firmware may keep living data (the EBDA at its largest), so that later calls into it, or its
// tables, hold.
constexpr u64 low_usable_end = 0x80000;

constinit phys_addr image_base;
constinit std::array<mm::memory_range, 2> ranges{};
} // namespace

phys_addr kernel_base()
{
    return image_base;
}
phys_addr trampoline_page()
{
    return trampoline;
}
std::span<const mm::memory_range> reserved()
{
    return ranges;
}

void note_kernel_base(phys_addr base)
{
    image_base = base;
    ranges[0] = {phys_addr(0), low_memory_end};
    ranges[1] = {base, static_cast<u64>(__kernel_end - __kernel_start)};
}

void release_low_memory(std::span<const mm::memory_range> ram)
{
    constexpr u64 first = trampoline.value + page_size;
    for (const auto& r : ram) {
        const u64 begin = std::max(r.start.value, first);
        const u64 end = std::min(r.start.value + r.length, low_usable_end);
        if (begin < end)
            mm::release_reserved({phys_addr(begin), end - begin});
    }
}
} // namespace arch::boot_memory

namespace arch
{
phys_addr kernel_image_base()
{
    return boot_memory::kernel_base();
}
std::span<const mm::memory_range> reserved_memory()
{
    return boot_memory::reserved();
}
void release_boot_memory(std::span<const mm::memory_range> ram)
{
    boot_memory::release_low_memory(ram);
}
} // namespace arch
