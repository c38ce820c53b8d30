// The kernel's own half of the page tables, built once at boot: direct map, image, and the top-level entries
// that every address space copies.
//
// Write and execute exclude each other everywhere: text is read-only and executable, constants read-only,
// data and the direct map not executable; the direct map's alias of text and constants is read-only too.
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/mm/frames.hh"

namespace mm
{
/// Builds the final upper half and switches to it. `mapped`: what the direct map covers beside the first MiB
/// (RAM, and firmware tables that the kernel reads through it); `kernel_base`: where the image's first byte
/// was loaded. Needs init_frames() and a temporary direct map of the first 4 GiB. Errors: enomem.
result<void> init_kernel_page_tables(std::span<const memory_range> mapped, phys_addr kernel_base);

/// The root that holds only the kernel's half: what CPUs start on and kernel threads could run on.
phys_addr kernel_page_table_root();
} // namespace mm
