#include "arch/page_table.hh"

#include "arch/x64/cpu/features.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"

namespace arch
{
namespace
{
constexpr unsigned half = page_table::slots_per_table / 2;
}

page_entry page_entry::with_memory_type(memory_type type) const
{
    // Entry 3 of the power-on PAT, uncached: both bits.
    return type == memory_type::uncached ? page_entry(_raw | write_through_bit | cache_disable_bit) : *this;
}

result<page_table> page_table::create()
{
    const auto root = TRY(mm::allocate_frames(0, mm::zeroing::none));
    const page_slot* kernel = slots(mm::kernel_page_table_root());
    for (unsigned i = 0; i < slots_per_table; i++)
        slots(root)[i].store(i < half ? page_entry() : kernel[i].load());
    return page_table(root, true);
}

page_table::~page_table()
{
    if (!_owned)
        return;
    free_below(_root, 4, 0, half);
    mm::free_frames(_root);
}

void page_table::free_below(phys_addr table, unsigned level, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        const page_entry e = slots(table)[i].load();
        if (e.empty() || e.large())
            continue;
        if (level > 2)
            free_below(e.frame(), level - 1, 0, slots_per_table);
        mm::free_frames(e.frame());
    }
}

result<phys_addr> page_table::make_table(page_slot& slot)
{
    const auto table = TRY(mm::allocate_frames(0, mm::zeroing::zeroed));
    slot.store(page_entry::table(table));
    _table_count++;
    return table;
}

result<page_slot*> page_table::slot_at(virt_addr page, unsigned level)
{
    phys_addr table = _root;
    for (unsigned here = 4; here > level; here--) {
        page_slot& slot = slots(table)[index_of(page, here)];
        const page_entry e = slot.load();
        if (e.empty()) [[unlikely]]
            table = TRY(make_table(slot));
        else if (here < 4 && e.large()) [[unlikely]]
            return fail(errc::eexist);
        else
            table = e.frame();
    }
    return &slots(table)[index_of(page, level)];
}

result<page_slot*> page_table::slot_for(virt_addr page)
{
    return slot_at(page, 1);
}
result<page_slot*> page_table::large_slot_for(virt_addr page)
{
    return slot_at(page, 2);
}
result<page_slot*> page_table::huge_slot_for(virt_addr page)
{
    return slot_at(page, 3);
}

page_slot* page_table::find(virt_addr page) const
{
    const auto [slot, level] = descend(page);
    return level > 1 && slot->load().empty() ? nullptr : slot;
}

result<void> page_table::split_large(page_slot& slot)
{
    const page_entry whole = slot.load();
    const auto table = TRY(mm::allocate_frames(0, mm::zeroing::none));
    for (unsigned i = 0; i < slots_per_table; i++)
        slots(table)[i].store(whole.piece(i));
    slot.store(page_entry::table(table));
    _table_count++;
    return {};
}

result<void> page_table::map_range(virt_addr start, phys_addr frames, u64 bytes, page_entry pattern,
                                   largest_page largest)
{
    constexpr u64 huge_page_size = 1_GiB;
    const auto fits = [&](u64 size) { return bytes >= size && is_aligned(start.value | frames.value, size); };
    const page_entry large = pattern.as_large();
    while (bytes != 0) {
        u64 step = page_size;
        page_slot* slot;
        if (largest == largest_page::huge && features.gigabyte_pages && fits(huge_page_size)) {
            step = huge_page_size;
            slot = TRY(huge_slot_for(start));
        } else if (largest != largest_page::small && fits(large_page_size)) {
            step = large_page_size;
            slot = TRY(large_slot_for(start));
        } else {
            slot = TRY(slot_for(start));
        }
        // One walk serves all that the table holds from here on.
        do {
            slot->store(page_entry((step == page_size ? pattern : large).raw() | frames.value));
            slot++;
            start += step;
            frames += step;
            bytes -= step;
        } while (bytes >= step && !is_aligned(start.value, step * slots_per_table));
    }
    return {};
}
} // namespace arch
