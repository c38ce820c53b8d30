#include "loader/elf/map.hh"

#include "core/mm/layout.hh"
#include "core/mm/user_access.hh"

namespace elf
{
static_assert(lower_half_end == mm::application_end.value);

namespace
{
mm::protection rights_of(const program_header& p)
{
    auto rights = mm::protection::none;
    if (p.flags & flag_read)
        rights = rights | mm::protection::read;
    if (p.flags & flag_write)
        rights = rights | mm::protection::write;
    if (p.flags & flag_execute)
        rights = rights | mm::protection::execute;
    return rights;
}

/// Clears the rest of the page where the file's part ends. A segment that may not be written keeps what the
/// file has there, as on Linux.
result<void> clear_tail(const program_header& p, u64 bias)
{
    const virt_addr end(bias + p.address + p.file_size);
    if (p.memory_size == p.file_size || end.page_offset() == 0 || !(p.flags & flag_write))
        return {};
    return mm::clear_user(end, page_size - end.page_offset());
}

result<void> map_segment(mm::address_space& space, const ref_ptr<mm::memory_object>& object,
                         const program_header& p, u64 bias)
{
    const virt_addr start = virt_addr(bias + p.address).page();
    const virt_addr file_end(align_up(bias + p.address + p.file_size, page_size));
    const virt_addr memory_end(align_up(bias + p.address + p.memory_size, page_size));
    const virt_addr anonymous_start = p.file_size ? file_end : start;
    if (p.file_size) {
        TRY(space.map({.hint = start,
                       .length = file_end - start,
                       .rights = rights_of(p),
                       .fixed = true,
                       .object = object,
                       .offset = align_down(p.offset, page_size)}));
        TRY(clear_tail(p, bias));
    }
    if (memory_end > anonymous_start)
        TRY(space.map({.hint = anonymous_start,
                       .length = memory_end - anonymous_start,
                       .rights = rights_of(p),
                       .fixed = true,
                       .object = {}}));
    return {};
}

/// Takes an address range for all segments together; the segments are mapped over it, so that no other thread
/// of a running program maps something between.
result<u64> reserve_library(mm::address_space& space, const layout& l)
{
    const u64 base = align_down(l.lowest, l.alignment);
    const u64 length = l.highest - base + (l.alignment - page_size);
    const virt_addr place =
        TRY(space.map({.length = length, .rights = mm::protection::none, .noreserve = true, .object = {}}));
    const u64 bias = align_up(place.value, l.alignment) - base;
    const virt_addr start(bias + l.lowest), end(bias + l.highest);
    if (start > place)
        TRY(space.unmap(place, start - place));
    if (place + length > end)
        TRY(space.unmap(end, place + length - end));
    return bias;
}

result<u64> choose_bias(mm::address_space& space, const layout& l, placement where)
{
    if (!l.position_independent)
        return u64{0};
    if (where == placement::library)
        return reserve_library(space, l);
    return align_down(space.program_base().value, l.alignment) - align_down(l.lowest, l.alignment);
}

result<void> map_segments(mm::address_space& space, const file& from, u64 bias)
{
    const auto object = TRY(from.where().memory_object());
    for (const auto& p : from.program_headers())
        if (is_loaded(p))
            TRY(map_segment(space, object, p, bias));
    return {};
}
} // namespace

result<mapping> map(mm::address_space& space, const file& from, placement where)
{
    const layout& l = from.layout();
    const u64 bias = TRY(choose_bias(space, l, where));
    if (bias + l.highest > mm::application_end.value || bias + l.lowest < mm::application_start.value)
        return fail(errc::enomem);
    if (const auto mapped = map_segments(space, from, bias); !mapped) {
        if (where == placement::library)
            (void)space.unmap(virt_addr(bias + l.lowest), l.highest - l.lowest);
        return fail(mapped.error());
    }
    return mapping{.bias = bias,
                   .entry = virt_addr(bias + l.entry),
                   .lowest = virt_addr(bias + l.lowest),
                   .break_start = virt_addr(bias + l.break_start)};
}
} // namespace elf
