// Changing what areas allow and how they are treated: mprotect, mlock's flag, madvise's lasting advice,
// names.
#include <algorithm>

#include "core/mm/address_space.hh"
#include "core/mm/frame_batch.hh"
#include "core/mm/layout.hh"

namespace mm
{
/// Changes the attributes of all areas in a range, piece by piece; `change` edits a copy of them. Stops at
/// the first hole (enomem) or refusal; what came before it stays changed, as on Linux.
result<void> address_space::change_attributes(virt_addr start, virt_addr end,
                                              result<void> (*change)(area_attributes&, const void*),
                                              const void* argument)
{
    while (start < end) {
        area* a = find(start);
        if (!a)
            return fail(errc::enomem);
        const virt_addr piece_end = std::min(end, a->end());
        auto wanted = a->attributes();
        TRY(change(wanted, argument));
        const protection old_rights = a->attributes().rights;
        if (has(wanted.rights, protection::write) && !has(old_rights, protection::write))
            TRY(check_data_limits(piece_end - start, wanted));
        a = TRY(_areas.change(*a, start, piece_end, wanted));
        if (wanted.rights != old_rights)
            change_entries(*a, start, piece_end);
        start = piece_end;
    }
    return {};
}

/// Gives the entries of a range the rights of their area. Where rights were taken away, all CPUs know it
/// afterwards; where they were added, an old translation only causes one more fault.
void address_space::change_entries(const area& a, virt_addr start, virt_addr end)
{
    const protection p = a.attributes().rights;
    const arch::page_rights rights{.read = p != protection::none,
                                   .write = has(p, protection::write),
                                   .execute = has(p, protection::execute)};
    virt_addr low = end, high = start;
    u64 dropped = 0;
    _tables.for_each_entry(start, end, [&](arch::page_slot& slot, virt_addr at, size_t bytes) {
        const auto e = slot.load();
        auto desired = e.with_rights(rights);
        if (!e.owned()) {
            // A borrowed page stays read-only until a store asks the object; without any right it is dropped.
            auto borrowed = rights;
            borrowed.write = rights.write && e.writable();
            desired = rights.read ? e.with_rights(borrowed) : arch::page_entry();
        }
        if (desired == e || !slot.replace(e, desired))
            return; // the latter: unmap_everywhere() took it away
        dropped += desired.empty();
        const bool loses = e.present() && (!desired.present() || (e.writable() && !desired.writable()) ||
                                           (e.executable() && !desired.executable()));
        if (loses) {
            low = std::min(low, at);
            high = std::max(high, at + bytes);
        }
    });
    _resident_pages -= dropped;
    if (low < high)
        _tlb.flush(low, high);
}

result<void> address_space::protect(virt_addr start, u64 length, protection rights)
{
    if (!is_aligned(start.value, page_size))
        return fail(errc::einval);
    if (length == 0)
        return {};
    if (!is_application_range(start, length))
        return fail(errc::enomem);
    const virt_addr end(align_up(start.value + length, page_size));
    lock_guard guard{_lock};
    TRY(split_large_page_at(start));
    TRY(split_large_page_at(end));
    const auto change = [](area_attributes& attributes, const void* argument) -> result<void> {
        attributes.rights = *static_cast<const protection*>(argument);
        return has(attributes.max_rights, attributes.rights) ? result<void>() : fail(errc::eacces);
    };
    return change_attributes(start, end, change, &rights);
}

result<void> address_space::set_name(virt_addr start, u64 length, const char* name)
{
    if (!is_aligned(start.value, page_size) || !is_application_range(start, length))
        return fail(errc::einval);
    lock_guard guard{_lock};
    const auto change = [](area_attributes& attributes, const void* argument) -> result<void> {
        attributes.name = static_cast<const char*>(argument);
        return {};
    };
    return change_attributes(start, virt_addr(align_up(start.value + length, page_size)), change, name);
}

result<void> address_space::lock_pages(virt_addr start, u64 length, bool on_fault)
{
    TRY(set_locked(start, length, true));
    if (!on_fault)
        populate_quietly(start.page(), virt_addr(align_up(start.value + length, page_size)));
    return {};
}

result<void> address_space::unlock_pages(virt_addr start, u64 length)
{
    return set_locked(start, length, false);
}

/// Nothing is ever paged out, so the flag only shows in what madvise and /proc say.
result<void> address_space::set_locked(virt_addr start, u64 length, bool locked)
{
    if (start.value + length < start.value)
        return fail(errc::einval);
    if (!is_application_range(start, length))
        return fail(errc::enomem);
    const auto change = [](area_attributes& attributes, const void* argument) -> result<void> {
        attributes.locked = *static_cast<const bool*>(argument);
        return {};
    };
    lock_guard guard{_lock};
    return change_attributes(start.page(), virt_addr(align_up(start.value + length, page_size)), change,
                             &locked);
}
} // namespace mm
