#include "core/mm/buddy.hh"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/mm/layout.hh"

namespace mm
{
namespace
{
/// The highest order at which a block can begin at `first` and fit below `end`.
unsigned largest_order(u64 first, u64 end)
{
    const auto by_size = static_cast<unsigned>(std::bit_width(end - first)) - 1;
    return first == 0 ? by_size : std::min(by_size, static_cast<unsigned>(std::countr_zero(first)));
}

constexpr u64 low_memory_end = 0x100000 >> page_shift; // used last: devices and CPU starts like it
constexpr u64 first_mapped_end = 4_GiB >> page_shift;  // what the boot page tables reach
} // namespace

buddy::block* buddy::block_at(u64 frame_number)
{
    return to_virtual<block>(phys_addr(frame_number << page_shift));
}

result<void> buddy::init(std::span<const memory_range> ram, std::span<const memory_range> reserved)
{
    for (const auto& r : ram)
        _untouched.add(pages_for(r.start.value), (r.start + r.length).page_number());
    if (_untouched.ranges().empty())
        return fail(errc::enomem);
    _first = _untouched.ranges().front().first;
    _end = _untouched.ranges().back().end;
    for (const auto& r : reserved)
        _untouched.subtract(r.start.page_number(), pages_for(r.start.value + r.length));
    TRY(place_states(_untouched));

    u64 gap = _first;
    for (const auto& r : _untouched.ranges()) {
        mark_reserved(gap, r.first);
        mark_reserved(r.first, r.end);
        gap = r.end;
        _total += r.end - r.first;
    }
    mark_reserved(gap, _end);
    for (const auto& r : reserved) { // each frame, because parts of it may be released later
        const u64 first = std::max(r.start.page_number(), _first);
        const u64 end = std::min(pages_for(r.start.value + r.length), _end);
        if (first < end)
            std::memset(static_cast<void*>(&state(first)), 0, end - first);
    }
    _free = _total;
    return {};
}

/// Finds room for one byte per frame and takes it out of the free RAM.
result<void> buddy::place_states(range_list& free)
{
    const u64 frames = pages_for(_end - _first);
    for (const auto& r : free.ranges()) {
        const u64 start = std::max(r.first, low_memory_end);
        const u64 end = std::min(r.end, first_mapped_end);
        if (start >= end || end - start < frames)
            continue;
        _states = to_virtual<frame_state>(phys_addr((end - frames) << page_shift));
        free.subtract(end - frames, end);
        return {};
    }
    return fail(errc::enomem);
}

/// Writes the state bytes that joining blocks could look at: the first frames of the largest aligned pieces.
/// Were the buddy's first frame inside such a piece, the piece would also contain the block that is being
/// joined.
void buddy::mark_reserved(u64 first, u64 end)
{
    while (first < end) {
        state(first) = frame_state(frame_kind::reserved, 0);
        first += u64{1} << largest_order(first, end);
    }
}

void buddy::push(u64 frame_number, unsigned order)
{
    block* b = block_at(frame_number);
    b->next = _free_lists[order];
    b->previous = nullptr;
    if (b->next)
        b->next->previous = b;
    _free_lists[order] = b;
    _occupied |= 1u << order;
    state(frame_number) = frame_state(frame_kind::free, order);
}

void buddy::remove(u64 frame_number, unsigned order)
{
    block* b = block_at(frame_number);
    if (b->next)
        b->next->previous = b->previous;
    if (b->previous)
        b->previous->next = b->next;
    else if (!(_free_lists[order] = b->next))
        _occupied &= ~(1u << order);
}

void buddy::add_blocks(u64 first, u64 end)
{
    while (first < end) {
        const unsigned order = std::min(largest_order(first, end), max_order);
        push(first, order);
        first += u64{1} << order;
    }
}

/// Takes up the next piece of untouched RAM, low memory last. A section never crosses a border of the largest
/// blocks, so no block of it has its buddy in another section.
bool buddy::take_section()
{
    auto ranges = _untouched.ranges();
    if (ranges.empty())
        return false;
    const bool has_more = ranges.size() > 1;
    const frame_range r = ranges[ranges.front().first < low_memory_end && has_more ? 1 : 0];
    const u64 end = std::min(r.end, align_up(r.first + 1, size_t{1} << max_order));
    _untouched.subtract(r.first, end);
    add_blocks(r.first, end);
    return true;
}

result<phys_addr> buddy::allocate(unsigned order)
{
    if (order > max_order)
        return fail(errc::enomem);
    while (_occupied >> order == 0)
        if (!take_section())
            return fail(errc::enomem);
    unsigned from = order + static_cast<unsigned>(std::countr_zero(_occupied >> order));
    const u64 found = to_physical(_free_lists[from]).page_number();
    remove(found, from);
    while (from > order) {
        from--;
        push(found + (u64{1} << from), from);
    }
    state(found) = frame_state(frame_kind::allocated, order);
    _free -= u64{1} << order;
    return phys_addr(found << page_shift);
}

void buddy::free(phys_addr address, unsigned order)
{
    u64 frame = address.page_number();
    assert(contains(frame) && is_aligned(frame, size_t{1} << order));
    assert(state(frame).kind() != frame_kind::free && state(frame).kind() != frame_kind::reserved);
    _free += u64{1} << order;
    while (order < max_order) {
        const u64 other = frame ^ (u64{1} << order);
        if (!contains(other) || state(other) != frame_state(frame_kind::free, order))
            break;
        remove(other, order);
        frame = std::min(frame, other);
        order++;
    }
    push(frame, order);
}

void buddy::add_reserved(u64 first, u64 end)
{
    first = std::max(first, _first);
    end = std::min(end, _end);
    while (first < end) {
        const unsigned order = std::min(largest_order(first, end), max_order);
        state(first) = frame_state(frame_kind::allocated, order);
        _total += u64{1} << order;
        free(phys_addr(first << page_shift), order);
        first += u64{1} << order;
    }
}

bool buddy::is_consistent()
{
    u64 found = 0;
    for (unsigned order = 0; order <= max_order; order++) {
        const block* previous = nullptr;
        for (const block* b = _free_lists[order]; b; previous = b, b = b->next) {
            const u64 frame = to_physical(b).page_number();
            const u64 other = frame ^ (u64{1} << order);
            if (b->previous != previous || state(frame) != frame_state(frame_kind::free, order) ||
                !is_aligned(frame, size_t{1} << order))
                return false;
            if (order < max_order && contains(other) && state(other) == frame_state(frame_kind::free, order))
                return false; // two free buddies must have been joined
            found += u64{1} << order;
        }
        if ((_free_lists[order] != nullptr) != ((_occupied >> order & 1) != 0))
            return false;
    }
    for (const auto& r : _untouched.ranges())
        found += r.end - r.first;
    return found == _free;
}
} // namespace mm
