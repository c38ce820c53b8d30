// Physical memory that start-up itself needs to know.
#pragma once

#include <span>

#include "core/mm/frames.hh"

namespace arch::boot_memory
{
/// Where the kernel image was loaded.
phys_addr kernel_base();

/// Below 1 MiB, for the code on which other CPUs start; page aligned and never given to the allocator.
phys_addr trampoline_page();

/// What the allocator must not touch: the first MiB (given back when firmware tables have been read), the
/// image.
std::span<const mm::memory_range> reserved();

/// Gives the RAM below 1 MiB to the allocator, but for the first page, the trampoline's and the EBDA.
void release_low_memory(std::span<const mm::memory_range> ram);
} // namespace arch::boot_memory
