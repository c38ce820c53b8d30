#include "core/mm/area_tree.hh"

#include <algorithm>
#include <new>

namespace mm
{
area_tree::~area_tree()
{
    while (!_tree.empty())
        erase(*_tree.begin());
}

dead_areas& dead_areas::operator=(dead_areas&& other)
{
    std::swap(_first, other._first);
    return *this;
}

dead_areas::~dead_areas()
{
    while (area* a = _first) {
        _first = a->_next_dead;
        delete a;
    }
}

void dead_areas::add(area& a)
{
    a._next_dead = _first;
    _first = &a;
}

area* area_tree::first_from(virt_addr address)
{
    auto it = _tree.upper_bound(address); // the first that begins above
    if (it != _tree.begin()) {
        auto before = std::prev(it);
        if (before->end() > address)
            return &*before;
    }
    return it == _tree.end() ? nullptr : &*it;
}

area* area_tree::next(const area& a)
{
    auto it = std::next(_tree.iterator_to(const_cast<area&>(a)));
    return it == _tree.end() ? nullptr : &*it;
}

area* area_tree::previous(const area& a)
{
    auto it = _tree.iterator_to(const_cast<area&>(a));
    return it == _tree.begin() ? nullptr : &*std::prev(it);
}

bool area_tree::is_free(virt_addr start, virt_addr end)
{
    const area* a = first_from(start);
    return !a || a->start() >= end;
}

bool area_tree::is_covered(virt_addr start, virt_addr end)
{
    for (const area* a = first_from(start); a && a->start() <= start; a = next(*a)) {
        start = a->end();
        if (start >= end)
            return true;
    }
    return start >= end;
}

/// The highest gap of `length` bytes in [low, high), and the largest gap that was too small.
std::optional<virt_addr> area_tree::scan_gaps(u64 length, virt_addr low, virt_addr high, u64* largest)
{
    virt_addr top = high;
    auto it = _tree.lower_bound(high); // the first that begins at or above
    while (top > low) {
        const bool at_bottom = it == _tree.begin();
        if (!at_bottom)
            --it;
        const virt_addr bottom = at_bottom ? low : std::max(low, std::min(it->end(), top));
        if (top - bottom >= length)
            return top - length;
        *largest = std::max(*largest, top - bottom);
        if (at_bottom)
            break;
        top = it->start();
    }
    return {};
}

std::optional<virt_addr> area_tree::find_gap(u64 length, virt_addr low, virt_addr high)
{
    if (length == 0 || high - low < length || low >= high)
        return {};
    u64 largest = 0;
    if (_search_high != high) { // another window than last time: what is remembered does not count
        _search_high = _search_from = high;
        _largest_above = 0;
    }
    if (length <= _largest_above) {
        _search_from = high;
        _largest_above = 0;
    }
    auto found = scan_gaps(length, low, _search_from, &largest);
    if (!found && _search_from != high) {
        largest = _largest_above = 0;
        found = scan_gaps(length, low, high, &largest);
    }
    if (found) {
        _search_from = *found;
        _largest_above = std::max(_largest_above, largest);
    }
    return found;
}

/// A range became free: the next search begins above it.
void area_tree::note_free(virt_addr end)
{
    if (end < _search_from)
        return;
    auto above = _tree.lower_bound(end);
    _search_from = std::min(_search_high, above == _tree.end() ? _search_high : above->start());
}

bool area_tree::can_join(const area& low, const area& high) const
{
    return low._end == high._start && low._attributes == high._attributes && low._object == high._object &&
           (!low._object || low._offset + low.length() == high._offset);
}

/// Moves the borders of an area; what it shows of its object stays in place.
void area_tree::set_range(area& a, virt_addr start, virt_addr end)
{
    _mapped_bytes += (end - start) - a.length();
    if (a._object) {
        a._object->change_range(a, start, end);
    } else {
        a._start = start;
        a._end = end;
        a._touched = a._touched.clipped(start, end);
    }
}

/// `a` grows to [start, end) over what was `giver`'s, with the pages that are there.
void area_tree::take_over(area& a, virt_addr start, virt_addr end, const area& giver)
{
    const touched_range given = giver._touched.clipped(start, end);
    set_range(a, start, end);
    a._touched.add(given);
}

void area_tree::erase(area& a)
{
    if (_last_hit == &a)
        _last_hit = nullptr;
    _mapped_bytes -= a.length();
    _tree.erase(_tree.iterator_to(a));
    if (a._object) {
        a._object->remove_area(a);
        _dead.add(a); // its object may only end when the caller holds no lock
    } else {
        delete &a;
    }
}

result<area*> area_tree::make_area(virt_addr start, virt_addr end, const area_attributes& attributes,
                                   const ref_ptr<memory_object>& object, u64 offset)
{
    if (_tree.size() >= max_areas) // not tidied here: callers hold areas in their hands
        return fail(errc::enomem);
    auto* a = new (std::nothrow) area(start, end, attributes, object, offset);
    if (!a)
        return fail(errc::enomem);
    a->_owner = _owner;
    return a;
}

void area_tree::link(area& a)
{
    _mapped_bytes += a.length();
    _tree.insert(a);
    if (a._object)
        a._object->add_area(a);
}

/// `a` ends at `at`; the new area behind it has the rest.
result<area*> area_tree::split(area& a, virt_addr at)
{
    assert(at > a.start() && at < a.end());
    const u64 offset = a._object ? a._offset + (at - a._start) : 0;
    area* upper = TRY(make_area(at, a._end, a._attributes, a._object, offset));
    upper->_touched = a._touched.clipped(at, a._end);
    // First there are two areas that show the same pages, then each shows its part: unmap_everywhere() misses
    // none.
    if (a._object)
        a._object->add_area(*upper);
    set_range(a, a._start, at);
    _mapped_bytes += upper->length();
    _tree.insert_before(std::next(_tree.iterator_to(a)), *upper);
    return upper;
}

area* area_tree::join_neighbours(area& a)
{
    if (area* above = next(a); above && can_join(a, *above)) {
        const virt_addr end = above->_end;
        const touched_range touched = above->_touched;
        erase(*above);
        set_range(a, a._start, end);
        a._touched.add(touched);
    }
    area* below = previous(a);
    if (!below || !can_join(*below, a))
        return &a;
    const virt_addr end = a._end;
    const touched_range touched = a._touched;
    erase(a);
    set_range(*below, below->_start, end);
    below->_touched.add(touched);
    return below;
}

result<area*> area_tree::insert(virt_addr start, virt_addr end, const area_attributes& attributes,
                                const ref_ptr<memory_object>& object, u64 offset)
{
    assert(is_free(start, end));
    const auto fits = [&](const area& a) { return a._attributes == attributes && a._object == object; };
    auto above = _tree.lower_bound(start);
    area* below = above == _tree.begin() ? nullptr : &*std::prev(above);
    if (below && below->_end == start && fits(*below) &&
        (!object || below->_offset + below->length() == offset)) {
        set_range(*below, below->_start, end);
        return join_neighbours(*below);
    }
    if (above != _tree.end() && above->_start == end && fits(*above) &&
        (!object || offset + (end - start) == above->_offset)) {
        set_range(*above, start, above->_end);
        return &*above;
    }
    return insert_apart(start, end, attributes, object, offset);
}

result<area*> area_tree::insert_apart(virt_addr start, virt_addr end, const area_attributes& attributes,
                                      const ref_ptr<memory_object>& object, u64 offset)
{
    area* a = TRY(make_area(start, end, attributes, object, object ? offset : 0));
    link(*a);
    return a;
}

result<void> area_tree::prepare_remove(area& first, virt_addr start, virt_addr end)
{
    if (first.start() < start && first.end() > end)
        TRY(split(first, end));
    return {};
}

void area_tree::remove(virt_addr start, virt_addr end)
{
    area* a = first_from(start);
    while (a && a->start() < end) {
        area* following = next(*a);
        if (a->start() < start)
            set_range(*a, a->start(), start);
        else if (a->end() > end)
            set_range(*a, end, a->end());
        else
            erase(*a);
        a = following;
    }
    note_free(end);
}

result<area*> area_tree::change(area& a, virt_addr start, virt_addr end, const area_attributes& attributes)
{
    assert(start >= a.start() && end <= a.end() && start < end);
    if (a._attributes == attributes)
        return &a;
    // A border between two areas that only moves, as when a program's heap grows into its reservation.
    const auto continues = [&](const area& neighbour) {
        return neighbour._attributes == attributes && neighbour._object == a._object;
    };
    if (start == a.start() && end != a.end())
        if (area* below = previous(a); below && below->_end == start && continues(*below) &&
                                       (!a._object || below->_offset + below->length() == a._offset)) {
            take_over(*below, below->_start, end, a);
            set_range(a, end, a._end);
            return below;
        }
    if (start != a.start() && end == a.end())
        if (area* above = next(a); above && above->_start == end && continues(*above) &&
                                   (!a._object || a._offset + a.length() == above->_offset)) {
            take_over(*above, start, above->_end, a);
            set_range(a, a._start, start);
            return above;
        }
    if (_tree.size() >= _tidy_limit) {
        const virt_addr here = start;
        tidy();
        _tidy_limit = std::max<size_t>(64, 2 * _tree.size());
        return change(*find(here), start, end, attributes);
    }
    area* middle = &a;
    if (end != a.end())
        TRY(split(a, end));
    if (start != a.start())
        middle = TRY(split(a, start));
    middle->_attributes = attributes;
    _untidy = true;
    return _last_hit = middle;
}

void area_tree::tidy()
{
    if (!std::exchange(_untidy, false))
        return;
    for (area* a = _tree.empty() ? nullptr : &*_tree.begin(); a; a = next(*a))
        for (area* above = next(*a); above && can_join(*a, *above); above = next(*a)) {
            const virt_addr end = above->_end;
            const touched_range touched = above->_touched;
            erase(*above);
            set_range(*a, a->_start, end);
            a->_touched.add(touched);
        }
}
} // namespace mm
