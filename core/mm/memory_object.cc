// The link from an object back to the areas that show it. Runs without any address space's lock: an area in
// the list has its range guarded by `_areas_lock`, and page table entries change atomically.
#include "core/mm/memory_object.hh"

#include <algorithm>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/mm/address_space.hh"

namespace mm
{
memory_object::~memory_object()
{
    delete[] _name.load(std::memory_order_relaxed);
}

void memory_object::remember_name(std::string_view name)
{
    if (has_name())
        return;
    auto copy = try_make_unique<char[]>(name.size() + 1);
    if (!copy)
        return;
    name.copy(copy->get(), name.size());
    char* none = nullptr;
    if (_name.compare_exchange_strong(none, copy->get(), std::memory_order_acq_rel))
        copy->release();
}

size_t memory_object::name(char* buffer, size_t length) const
{
    if (const char* known = _name.load(std::memory_order_acquire)) // pairs with remember_name()
        return std::string_view(known).copy(buffer, length);
    return describe(buffer, length);
}

void memory_object::add_area(area& a)
{
    lock_guard guard{_areas_lock};
    _areas.push_back(a);
    _area_count.fetch_add(1, std::memory_order_seq_cst);
}

void memory_object::remove_area(area& a)
{
    lock_guard guard{_areas_lock};
    _areas.erase(object_mapping::list::s_iterator_to(a));
    _area_count.fetch_sub(1, std::memory_order_relaxed);
}

void memory_object::change_range(area& a, virt_addr start, virt_addr end)
{
    lock_guard guard{_areas_lock};
    a._offset += start - a._start;
    a._start = start;
    a._end = end;
}

/// The owner with the lowest address above `done` among the areas that show a page; it is kept alive.
ref_ptr<address_space> memory_object::next_owner(const address_space* done, u64 first_byte, u64 end_byte)
{
    lock_guard guard{_areas_lock};
    for (;;) {
        address_space* found = nullptr;
        for (auto& mapping : _areas) {
            const auto& a = static_cast<area&>(mapping);
            if (a._owner > done && (!found || a._owner < found) && a.shows(first_byte, end_byte))
                found = a._owner;
        }
        if (!found)
            return {};
        if (found->try_add_ref())
            return ref_ptr<address_space>::adopt(found);
        done = found; // it is ending: nobody runs on its page tables any more
    }
}

/// Calls f(address_space&, virt_addr start, virt_addr end) for what areas show of the pages, and flushes the
/// TLBs.
template <class Function>
void memory_object::for_each_mapping(u64 first_index, u64 count, Function f)
{
    // Who installs a page reads the generation before and after; it is raised before the tables are looked
    // at.
    _unmap_generation.fetch_add(1, std::memory_order_seq_cst);
    if (!is_mapped())
        return;
    const u64 first_byte = first_index << page_shift;
    const u64 end_byte =
        count > (~u64{0} - first_byte) >> page_shift ? ~u64{0} : first_byte + (count << page_shift);

    auto space = next_owner(nullptr, first_byte, end_byte);
    while (space) {
        virt_addr low(~u64{0}), high(0);
        WITH_LOCK(_areas_lock)
        {
            for (auto& mapping : _areas) {
                const auto& a = static_cast<area&>(mapping);
                if (a._owner != space.get() || !a.shows(first_byte, end_byte))
                    continue;
                const u64 skip = first_byte > a._offset ? first_byte - a._offset : 0;
                const virt_addr start = a._start + skip;
                const virt_addr end = a._start + std::min(end_byte - a._offset, a.length());
                f(*space, start, end);
                low = std::min(low, start);
                high = std::max(high, end);
            }
        }
        if (low < high)
            space->flush_borrowed(low, high);
        space = next_owner(space.get(), first_byte, end_byte);
    }
}

void memory_object::unmap_everywhere(u64 first_index, u64 count)
{
    for_each_mapping(first_index, count,
                     [](address_space& s, virt_addr start, virt_addr end) { s.remove_borrowed(start, end); });
}

void memory_object::write_protect_everywhere(u64 first_index, u64 count)
{
    for_each_mapping(first_index, count, [](address_space& s, virt_addr start, virt_addr end) {
        s.write_protect_borrowed(start, end);
    });
}

void address_space::remove_borrowed(virt_addr start, virt_addr end)
{
    u64 removed = 0;
    _tables.for_each_entry(start, end, [&](arch::page_slot& slot, virt_addr, size_t) {
        for (auto e = slot.load(); !e.empty() && !e.owned(); e = slot.load())
            if (slot.replace(e, {}))
                removed++;
    });
    _removed_elsewhere.fetch_add(removed, std::memory_order_relaxed);
}

void address_space::write_protect_borrowed(virt_addr start, virt_addr end)
{
    _tables.for_each_entry(start, end, [&](arch::page_slot& slot, virt_addr, size_t) {
        for (auto e = slot.load(); !e.owned() && e.writable(); e = slot.load())
            slot.replace(e, e.with_rights({.read = true, .execute = e.executable()}));
    });
}

void address_space::flush_borrowed(virt_addr start, virt_addr end)
{
    _tlb.flush(start, end);
}
} // namespace mm
