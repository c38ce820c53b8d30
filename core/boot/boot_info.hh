// What the loader handed over, whoever it was (PVH, our boot sector).
#pragma once

#include <span>

#include "core/mm/frames.hh"

namespace boot
{
struct info {
    std::span<const mm::memory_range> ram;
    mm::memory_range module;      // the root in RAM; length 0: none
    std::span<char> command_line; // in the direct map, ends with a zero; decoded in place
    phys_addr acpi_root;          // 0: unknown
    bool loader_searched_acpi = false;
};

/// The machine-independent start, on the boot stack: memory, clocks, threads; then the steps that lead to the
/// program.
[[noreturn]] void start(const info& from_loader);
} // namespace boot
