// Making and ending an address space, mapping and unmapping, and the program break.
#include "core/mm/address_space.hh"

#include <algorithm>

#include "core/mm/frame_batch.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/mm/layout.hh"
#include "core/mm/shared_memory.hh"
#include "core/random.hh"

namespace mm
{
namespace
{
/// `bits` random bits, as whole pages.
u64 random_pages(unsigned bits)
{
    return (random_u64() & ((u64{1} << bits) - 1)) << page_shift;
}

// Linux's layout and entropy: stack 22 bits of pages below the top, mmap 28 bits below the stack's room,
// programs 28 bits above two thirds of the half, the break 13 bits above the program.
constexpr u64 stack_room = (u64{1} << 22 << page_shift) + 128_MiB;
constexpr virt_addr lowest_program{0x555555554000};
constexpr unsigned break_bits = 13;

constexpr virt_addr lowest_mapping{0x10000}; // vm.mmap_min_addr, for places that we choose
constexpr virt_addr low_window_start{1_GiB}; // MAP_32BIT
constexpr virt_addr low_window_end{2_GiB};
constexpr char heap_name[] = "[heap]";
} // namespace

address_space::address_space(arch::page_table&& tables)
    : _tables(std::move(tables)), _stack_top(application_end - random_pages(22)),
      _mmap_base(application_end - stack_room - random_pages(28)),
      _program_base(lowest_program + random_pages(28))
{
}

result<ref_ptr<address_space>> address_space::create()
{
    auto tables = TRY(arch::page_table::create());
    auto* space = new (std::nothrow) address_space(std::move(tables));
    if (!space)
        return fail(errc::enomem);
    return ref_ptr<address_space>::adopt(space);
}

address_space::~address_space()
{
    // Nobody runs here any more. Entries go before their areas: see unmap_locked().
    lock_guard guard{_lock};
    zap(_areas.first_from(application_start), application_start, application_end, table_use::keep);
    _areas.remove(application_start, application_end);
}

void address_space::enter(unsigned cpu)
{
    _tlb.enter(cpu);
    _tables.activate();
}

void address_space::leave(unsigned cpu)
{
    arch::page_table::borrow(kernel_page_table_root()).activate();
    _tlb.leave(cpu);
}

u64 address_space::resident_pages()
{
    return _resident_pages - _removed_elsewhere.load(std::memory_order_relaxed);
}

result<void> address_space::check_limits(u64 added_bytes, const area_attributes& attributes)
{
    const u64 size_limit = _size_limit.load(std::memory_order_relaxed);
    if (added_bytes > size_limit || _areas.mapped_bytes() > size_limit - added_bytes)
        return fail(errc::enomem);
    return check_data_limits(added_bytes, attributes);
}

/// For bytes that become private and writable.
result<void> address_space::check_data_limits(u64 added_bytes, const area_attributes& attributes)
{
    if (attributes.shared || !has(attributes.rights, protection::write))
        return {};
    // Linux's heuristic overcommit: one mapping may not be larger than all memory.
    if (!attributes.noreserve && added_bytes >> page_shift > total_frames())
        return fail(errc::enomem);
    const u64 data_limit = _data_limit.load(std::memory_order_relaxed);
    if (data_limit == ~u64{0})
        return {};
    u64 data = added_bytes;
    for (const area& a : _areas)
        if (!a.attributes().shared && !a.attributes().grows_down &&
            has(a.attributes().rights, protection::write))
            data += a.length();
    return data > data_limit ? result<void>(fail(errc::enomem)) : result<void>();
}

result<virt_addr> address_space::choose_place(const map_request& request)
{
    const u64 length = request.length;
    if (request.fixed || request.fixed_noreplace) {
        if (!is_aligned(request.hint.value, page_size))
            return fail(errc::einval);
        if (!is_application_range(request.hint, length))
            return fail(errc::enomem);
        if (request.hint < application_start)
            return fail(errc::eperm);
        if (request.fixed_noreplace && !_areas.is_free(request.hint, request.hint + length))
            return fail(errc::eexist);
        return request.hint;
    }
    const virt_addr hint(align_up(request.hint.value, page_size));
    if (hint >= lowest_mapping && is_application_range(hint, length) && _areas.is_free(hint, hint + length))
        return hint;
    if (request.below_2g) {
        if (const auto found = _areas.find_gap(length, low_window_start, low_window_end))
            return *found;
        return fail(errc::enomem);
    }
    if (const auto found = _areas.find_gap(length, lowest_mapping, _mmap_base))
        return *found;
    if (const auto found = _areas.find_gap(length, lowest_mapping, application_end))
        return *found;
    return fail(errc::enomem);
}

result<virt_addr> address_space::map_locked(const map_request& request)
{
    const area_attributes attributes{.rights = request.rights,
                                     .max_rights = request.max_rights,
                                     .shared = request.shared,
                                     .stack = request.stack,
                                     .grows_down = request.grows_down,
                                     .noreserve = request.noreserve,
                                     .locked = request.locked,
                                     .name = request.name};
    const virt_addr start = TRY(choose_place(request));
    const virt_addr end = start + request.length;
    TRY(check_limits(request.length, attributes));
    if (request.fixed)
        TRY(unmap_locked(start, end));
    if (_areas.size() >= area_tree::max_areas)
        _areas.tidy();
    TRY(_areas.insert(start, end, attributes, request.object, request.offset));
    return start;
}

result<virt_addr> address_space::map(map_request request)
{
    if (request.length == 0 || !is_aligned(request.offset, page_size))
        return fail(errc::einval);
    if (request.length > application_end.value)
        return fail(errc::enomem);
    request.length = align_up(request.length, page_size);
    if (request.offset + request.length < request.offset)
        return fail(errc::eoverflow);
    if (!has(request.max_rights, request.rights))
        return fail(errc::eacces);
    if (request.shared && !request.object) {
        request.object = TRY(create_shared_memory(request.length));
        request.offset = 0;
    }
    const virt_addr start = TRY(map_and_bury(request));
    if (request.populate || request.locked)
        populate_quietly(start, start + request.length);
    return start;
}

/// map_locked() with the lock; what was replaced ends after it.
result<virt_addr> address_space::map_and_bury(const map_request& request)
{
    dead_areas dead;
    lock_guard guard{_lock};
    const auto start = map_locked(request);
    dead = _areas.take_dead();
    return start;
}

result<void> address_space::unmap(virt_addr start, u64 length)
{
    if (!is_aligned(start.value, page_size) || length == 0 || !is_application_range(start, length))
        return fail(errc::einval);
    const virt_addr end(align_up(start.value + length, page_size));
    dead_areas dead;
    lock_guard guard{_lock};
    const auto done = unmap_locked(start, end);
    dead = _areas.take_dead();
    return done;
}

/// Entries first, then areas: while an area is in its object's list, unmap_everywhere() finds what it has
/// mapped.
result<void> address_space::unmap_locked(virt_addr start, virt_addr end)
{
    area* const first = _areas.first_from(start);
    if (!first || first->start() >= end)
        return {};
    TRY(split_large_page_at(start));
    TRY(split_large_page_at(end));
    TRY(_areas.prepare_remove(*first, start, end));
    zap(first, start, end, table_use::finished);
    _areas.remove(start, end);
    return {};
}

result<void> address_space::split_large_page_at(virt_addr border)
{
    if (!_has_large_pages || is_aligned(border.value, large_page_size))
        return {};
    arch::page_slot* slot = _tables.find(border);
    if (!slot)
        return {};
    const auto e = slot->load();
    if (e.empty() || !e.large())
        return {};
    TRY(_tables.split_large(*slot));
    split_frames(e.frame(), large_page_order);
    return {};
}

/// Debug builds: what an area's touched_range leaves out is empty.
void address_space::assert_unused([[maybe_unused]] virt_addr start, [[maybe_unused]] virt_addr end) const
{
#ifdef KILN_DEBUG
    if (start < end)
        _tables.for_each_entry(start, end,
                               [](arch::page_slot& slot, virt_addr, size_t) { assert(slot.load().empty()); });
#endif
}

void address_space::zap(area* first, virt_addr start, virt_addr end, table_use tables)
{
    _peak_resident_pages = std::max(_peak_resident_pages, resident_pages());
    frame_batch batch(_tlb);
    u64 removed = 0;
    const auto take = [&](arch::page_slot& slot, virt_addr at, size_t bytes) {
        const auto e = slot.take();
        if (e.empty()) // unmap_everywhere() was faster
            return;
        removed += bytes >> page_shift;
        batch.add(at, bytes, e);
    };
    for (area* a = first; a && a->start() < end; a = _areas.next(*a)) {
        touched_range range{std::max(start, a->start()), std::min(end, a->end())};
        if (!a->object()) {
            const touched_range asked = range;
            range = a->_touched.clipped(asked.low, asked.high);
            assert_unused(asked.low, range.empty() ? asked.high : range.low);
            assert_unused(range.empty() ? asked.high : range.high, asked.high);
            a->_touched.note_emptied(asked.low, asked.high);
        }
        if (!range.empty())
            _tables.for_each_entry(range.low, range.high, take);
    }
    _resident_pages -= removed;
    // No other area can lie in a table whose whole range was unmapped.
    if (tables == table_use::finished && end - start >= large_page_size)
        _tables.remove_tables(start, end, [&](phys_addr table) { batch.add_table(table, start, end); });
}

void address_space::set_break_start(virt_addr program_end)
{
    lock_guard guard{_lock};
    _break_start = _break = virt_addr(align_up(program_end.value, page_size)) + random_pages(break_bits);
}

virt_addr address_space::set_break(virt_addr wanted)
{
    dead_areas dead;
    lock_guard guard{_lock};
    if (wanted < _break_start || wanted >= application_end)
        return _break;
    const virt_addr old_end(align_up(_break.value, page_size));
    const virt_addr new_end(align_up(wanted.value, page_size));
    if (new_end < old_end && !unmap_locked(new_end, old_end))
        return _break;
    if (new_end > old_end) {
        map_request grown;
        grown.hint = old_end;
        grown.length = new_end - old_end;
        grown.rights = protection::read | protection::write;
        grown.fixed_noreplace = true;
        grown.name = heap_name;
        if (!map_locked(grown))
            return _break;
    }
    dead = _areas.take_dead();
    return _break = wanted;
}
} // namespace mm
