// mremap: shrinking, growing and moving mappings. Frames move with their page table entries, nothing is
// copied.
#include <algorithm>

#include "core/mm/address_space.hh"
#include "core/mm/frame_batch.hh"
#include "core/mm/frames.hh"
#include "core/mm/layout.hh"

namespace mm
{
result<virt_addr> address_space::remap(const remap_request& request)
{
    remap_request r = request;
    r.old_length = align_up(r.old_length, page_size);
    r.new_length = align_up(r.new_length, page_size);
    if (!is_aligned(r.old_address.value, page_size) || r.new_length == 0)
        return fail(errc::einval);
    if ((r.fixed || r.dont_unmap) && !r.may_move)
        return fail(errc::einval);
    if (r.dont_unmap && r.old_length != r.new_length)
        return fail(errc::einval);
    if (r.fixed) {
        const bool bad = !is_aligned(r.new_address.value, page_size) || r.new_address < application_start ||
                         !is_application_range(r.new_address, r.new_length);
        if (bad ||
            (r.new_address < r.old_address + r.old_length && r.old_address < r.new_address + r.new_length))
            return fail(errc::einval);
    }
    dead_areas dead;
    virt_addr place;
    bool locked = false;
    {
        lock_guard guard{_lock};
        const auto done = remap_locked(r);
        dead = _areas.take_dead();
        if (!done)
            return fail(done.error());
        place = *done;
        const area* a = find(place);
        locked = a && a->attributes().locked;
    }
    if (locked)
        populate_quietly(place, place + r.new_length);
    return place;
}

result<virt_addr> address_space::remap_locked(remap_request& r)
{
    if (!is_application_range(r.old_address, r.old_length))
        return fail(errc::efault);
    _areas.tidy(); // what looks like one mapping must be one here
    area* a = find(r.old_address);
    if (!a)
        return fail(errc::efault);
    if (r.old_length == 0 && !a->attributes().shared)
        return fail(errc::einval);
    if (r.dont_unmap && (a->object() || a->attributes().shared))
        return fail(errc::einval);
    if (!r.fixed && r.new_length <= r.old_length && !r.dont_unmap) {
        if (r.new_length < r.old_length)
            TRY(unmap_locked(r.old_address + r.new_length, r.old_address + r.old_length));
        return r.old_address;
    }
    if (r.fixed && r.new_length < r.old_length) {
        TRY(unmap_locked(r.old_address + r.new_length, r.old_address + r.old_length));
        r.old_length = r.new_length;
        a = find(r.old_address);
    }
    if (r.old_address + r.old_length > a->end())
        return fail(errc::efault);
    const u64 added = r.dont_unmap ? r.new_length : r.new_length - r.old_length;
    TRY(check_limits(added, a->attributes()));
    if (!r.fixed && !r.dont_unmap && r.old_address + r.old_length == a->end() && r.old_length != 0)
        if (grow_in_place(*a, r.old_address + r.new_length))
            return r.old_address;
    if (!r.may_move)
        return fail(errc::enomem);
    return move(*a, r);
}

bool address_space::grow_in_place(area& a, virt_addr end)
{
    if (end > application_end || !_areas.is_free(a.end(), end))
        return false;
    const ref_ptr<memory_object> object = a._object;
    return _areas.insert(a.end(), end, a.attributes(), object, object ? a.offset() + a.length() : 0)
        .has_value();
}

/// The new area first, then the entries, then the old area goes: unmap_everywhere() finds every entry at all
/// times.
result<virt_addr> address_space::move(area& a, const remap_request& r)
{
    map_request place;
    place.hint = r.new_address;
    place.length = r.new_length;
    place.fixed = r.fixed;
    const virt_addr target = TRY(choose_place(place));
    if (r.fixed)
        TRY(unmap_locked(target, target + r.new_length));
    const virt_addr old_end = r.old_address + r.old_length;
    const u64 offset = a.object() ? a.offset() + (r.old_address - a.start()) : 0;
    const ref_ptr<memory_object> object = a._object; // unmap_locked() above touched other areas only
    const auto attributes = a.attributes();
    TRY(split_large_page_at(r.old_address));
    TRY(split_large_page_at(old_end));
    // `a` may have lost its part above the target.
    TRY(_areas.prepare_remove(*_areas.first_from(r.old_address), r.old_address, old_end));
    // Apart: joined to its neighbours now, it could swallow the borders that were just prepared.
    area* fresh = TRY(_areas.insert_apart(target, target + r.new_length, attributes, object, offset));
    fresh->_touched.add(fresh->start(), fresh->end());
    if (r.old_length != 0) { // else: a second view of a shared mapping
        const auto moved = move_entries(r.old_address, target, r.old_length);
        if (!moved) {
            zap(fresh, target, target + r.new_length, table_use::keep);
            _areas.remove(target, target + r.new_length);
            return fail(moved.error());
        }
        if (!r.dont_unmap) {
            zap(_areas.first_from(r.old_address), r.old_address, old_end, table_use::finished);
            _areas.remove(r.old_address, old_end);
        }
    }
    _areas.join(*fresh);
    return target;
}

/// Moves the frames that belong to entries; borrowed pages are simply asked for again at the new place.
/// Errors: enomem, with everything where it was.
result<void> address_space::move_entries(virt_addr from, virt_addr to, u64 length)
{
    result<void> prepared;
    _tables.for_each_entry(from, from + length, [&](arch::page_slot& slot, virt_addr at, size_t) {
        const auto e = slot.load();
        if (!prepared || !e.owned())
            return;
        if (e.large()) { // the new place need not be aligned like the old one
            prepared = _tables.split_large(slot);
            if (!prepared)
                return;
            split_frames(e.frame(), large_page_order);
            for (u64 i = 0; i < large_page_size && prepared; i += page_size)
                prepared = make_slot(to + (at - from) + i);
            return;
        }
        prepared = make_slot(to + (at - from));
    });
    TRY(prepared);
    frame_batch batch(_tlb);
    _tables.for_each_entry(from, from + length, [&](arch::page_slot& slot, virt_addr at, size_t) {
        const auto e = slot.load();
        if (!e.owned())
            return;
        slot.take();
        _tables.find(to + (at - from))->store(e);
        batch.note(at, page_size);
    });
    return {};
}

result<void> address_space::make_slot(virt_addr page)
{
    TRY(_tables.slot_for(page));
    return {};
}
} // namespace mm
