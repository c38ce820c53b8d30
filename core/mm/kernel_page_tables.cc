#include "core/mm/kernel_page_tables.hh"

#include <algorithm>

#include "arch/page_table.hh"
#include "core/mm/layout.hh"
#include "core/mm/range_list.hh"

// Where the linker script put the parts of the image.
extern "C" const char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[],
    __kernel_end[];

namespace mm
{
namespace
{
using arch::page_entry;
using arch::page_rights;
using arch::page_table;

constinit phys_addr kernel_root{};
constinit phys_addr image_base{};

constexpr page_rights read_only{.read = true};
constexpr page_rights read_write{.read = true, .write = true};
constexpr page_rights read_execute{.read = true, .execute = true};

constexpr page_entry pattern(page_rights rights)
{
    return page_entry::leaf({}, rights, false);
}

/// One part of the image, in pages of 4 KiB.
result<void> map_part(page_table& tables, const char* start, const char* end, phys_addr kernel_base,
                      page_rights rights)
{
    const virt_addr at(reinterpret_cast<u64>(start));
    return tables.map_range(at, kernel_base + (at - kernel_image_start), static_cast<u64>(end - start),
                            pattern(rights), page_table::largest_page::small);
}

result<void> map_image(page_table& tables, phys_addr kernel_base)
{
    TRY(map_part(tables, __text_start, __text_end, kernel_base, read_execute));
    TRY(map_part(tables, __rodata_start, __rodata_end, kernel_base, read_only));
    return map_part(tables, __data_start, __kernel_end, kernel_base, read_write);
}

result<void> map_direct(page_table& tables, u64 first_frame, u64 end_frame, page_rights rights)
{
    if (first_frame >= end_frame)
        return {};
    const phys_addr start(first_frame << page_shift);
    return tables.map_range(virt_addr(arch::direct_map_base + start.value), start,
                            (end_frame - first_frame) << page_shift, pattern(rights),
                            page_table::largest_page::huge);
}

/// All of `mapped`; the alias of the image's text and constants can only be read.
result<void> map_direct_map(page_table& tables, std::span<const memory_range> mapped, phys_addr kernel_base)
{
    range_list ranges;
    ranges.add(0, 1_MiB >> page_shift); // firmware tables, and where other CPUs start
    for (const auto& r : mapped)
        ranges.add(r.start.page_number(), pages_for(r.start.value + r.length));
    const u64 constant_first = kernel_base.page_number();
    const u64 constant_end = constant_first + (static_cast<u64>(__rodata_end - __text_start) >> page_shift);
    for (const auto& r : ranges.ranges()) {
        const u64 middle = std::clamp(constant_first, r.first, r.end);
        const u64 middle_end = std::clamp(constant_end, r.first, r.end);
        TRY(map_direct(tables, r.first, middle, read_write));
        TRY(map_direct(tables, middle, middle_end, read_only));
        TRY(map_direct(tables, middle_end, r.end, read_write));
    }
    return {};
}
} // namespace

result<void> init_kernel_page_tables(std::span<const memory_range> mapped, phys_addr kernel_base)
{
    const phys_addr root = TRY(allocate_frames(0, zeroing::zeroed));
    auto tables = page_table::borrow(root);
    TRY(map_direct_map(tables, mapped, kernel_base));
    TRY(map_image(tables, kernel_base));
    // Address spaces copy the top-level entries, so the one of the kernel areas must be there before the
    // first of them.
    TRY(tables.huge_slot_for(kernel_areas_start));
    kernel_root = root;
    image_base = kernel_base;
    tables.activate();
    return {};
}

phys_addr kernel_page_table_root()
{
    return kernel_root;
}
} // namespace mm
