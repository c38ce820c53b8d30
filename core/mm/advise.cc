// madvise, mincore and msync: what a program tells and asks about ranges of its memory.
#include <algorithm>

#include "core/mm/address_space.hh"
#include "core/mm/layout.hh"

namespace mm
{
namespace
{
/// Advice that only changes an area's attributes.
bool edit(area_attributes& attributes, advice what)
{
    switch (what) {
    case advice::huge_page:
        attributes.huge = true;
        attributes.no_huge = false;
        return true;
    case advice::no_huge_page:
        attributes.huge = false;
        attributes.no_huge = true;
        return true;
    case advice::dont_dump:
        attributes.dont_dump = true;
        return true;
    case advice::do_dump:
        attributes.dont_dump = false;
        return true;
    case advice::dont_fork:
        attributes.dont_fork = true;
        return true;
    case advice::do_fork:
        attributes.dont_fork = false;
        return true;
    default:
        return false;
    }
}

bool drops_pages(advice what)
{
    return what == advice::dont_need || what == advice::free || what == advice::remove;
}
} // namespace

result<void> address_space::advise(virt_addr start, u64 length, advice what)
{
    if (!is_aligned(start.value, page_size))
        return fail(errc::einval);
    if (length == 0)
        return {};
    if (!is_application_range(start, align_up(length, page_size)))
        return fail(start.value + length < start.value ? errc::einval : errc::enomem);
    const virt_addr end(align_up(start.value + length, page_size));
    if (what == advice::populate_read || what == advice::populate_write)
        return advise_populate(start, end, what == advice::populate_write ? access::write : access::read);
    if (what == advice::will_need) {
        lock_guard guard{_lock};
        return _areas.is_covered(start, end) ? result<void>() : fail(errc::enomem);
    }
    lock_guard guard{_lock};
    if (drops_pages(what))
        return drop_pages(start, end, what);
    const auto change = [](area_attributes& attributes, const void* argument) -> result<void> {
        edit(attributes, *static_cast<const advice*>(argument));
        return {};
    };
    return change_attributes(start, end, change, &what);
}

/// Frees what the range holds; holes are skipped and reported at the end, as on Linux.
result<void> address_space::drop_pages(virt_addr start, virt_addr end, advice what)
{
    bool hole = false;
    TRY(split_large_page_at(start));
    TRY(split_large_page_at(end));
    while (start < end) {
        area* a = _areas.first_from(start);
        if (!a || a->start() >= end)
            return fail(errc::enomem);
        hole |= a->start() > start;
        const auto& attributes = a->attributes();
        const bool anonymous = !a->object() && !attributes.shared;
        if (attributes.locked || (what == advice::free && !anonymous))
            return fail(errc::einval);
        if (what ==
            advice::remove) // punching holes is the object's file system's work; there is no such object yet
            return fail(attributes.shared ? errc::eopnotsupp : errc::einval);
        const virt_addr piece = std::max(start, a->start());
        start = std::min(end, a->end());
        zap(a, piece, start, table_use::keep);
    }
    return hole ? result<void>(fail(errc::enomem)) : result<void>();
}

result<void> address_space::advise_populate(virt_addr start, virt_addr end, access wanted)
{
    switch (populate(start, end, wanted)) {
    case fault_result::handled:
        return {};
    case fault_result::map_error:
        return fail(errc::enomem);
    case fault_result::access_error:
        return fail(errc::einval);
    case fault_result::bus_error:
        return fail(errc::efault);
    case fault_result::out_of_memory:
        return fail(errc::enomem);
    }
    return fail(errc::efault);
}

result<void> address_space::mincore(virt_addr start, std::span<u8> pages)
{
    if (!is_aligned(start.value, page_size))
        return fail(errc::einval);
    lock_guard guard{_lock};
    for (size_t i = 0; i < pages.size(); i++) {
        const virt_addr at = start + i * page_size;
        const area* a = is_application_range(at, page_size) ? find(at) : nullptr;
        if (!a)
            return fail(errc::enomem);
        const arch::page_slot* slot = _tables.find(at);
        bool present = slot && !slot->load().empty();
        if (!present && a->object())
            present = static_cast<bool>(a->object()->page_if_present(a->page_index(at)));
        pages[i] = present;
    }
    return {};
}

/// The object and pages that [start, end) shows from `start` on, for sync(); `start` moves behind them.
result<void> address_space::next_to_sync(virt_addr& start, virt_addr end, bool invalidate, sync_piece& piece)
{
    lock_guard guard{_lock};
    const area* a = _areas.first_from(start);
    if (!a || a->start() >= end) {
        start = end;
        return fail(errc::enomem);
    }
    const bool hole = a->start() > start;
    const virt_addr from = std::max(start, a->start());
    start = std::min(end, a->end());
    if (invalidate && a->attributes().locked)
        return fail(errc::ebusy);
    if (a->object() && a->attributes().shared) {
        piece.object = ref_ptr<memory_object>(*a->object());
        piece.first_index = a->page_index(from);
        piece.count = pages_for(start - from);
    }
    return hole ? result<void>(fail(errc::enomem)) : result<void>();
}

result<void> address_space::sync(virt_addr start, u64 length, sync_mode mode, bool invalidate)
{
    if (!is_aligned(start.value, page_size))
        return fail(errc::einval);
    if (!is_application_range(start, align_up(length, page_size)))
        return fail(errc::enomem);
    const virt_addr end(align_up(start.value + length, page_size));
    bool hole = false;
    while (start < end) {
        sync_piece piece;
        const auto found = next_to_sync(start, end, invalidate, piece);
        if (!found && found.error() != errc::enomem)
            return found;
        hole |= !found;
        if (piece.object && mode == sync_mode::sync)
            TRY(piece.object->write_back(piece.first_index, piece.count));
    }
    return hole ? result<void>(fail(errc::enomem)) : result<void>();
}
} // namespace mm
