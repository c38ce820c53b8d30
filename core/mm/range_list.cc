#include "core/mm/range_list.hh"

#include <algorithm>

namespace mm
{
bool range_list::insert_at(size_t i, frame_range r)
{
    if (_count == capacity)
        return false;
    std::copy_backward(_ranges.begin() + i, _ranges.begin() + _count, _ranges.begin() + _count + 1);
    _ranges[i] = r;
    _count++;
    return true;
}

void range_list::erase_at(size_t i)
{
    std::copy(_ranges.begin() + i + 1, _ranges.begin() + _count, _ranges.begin() + i);
    _count--;
}

bool range_list::add(u64 first, u64 end)
{
    if (first >= end)
        return true;
    size_t i = 0;
    while (i < _count && _ranges[i].end < first)
        i++;
    while (i < _count && _ranges[i].first <= end) {
        first = std::min(first, _ranges[i].first);
        end = std::max(end, _ranges[i].end);
        erase_at(i);
    }
    return insert_at(i, {first, end});
}

bool range_list::subtract(u64 first, u64 end)
{
    if (first >= end)
        return true;
    bool complete = true;
    for (size_t i = 0; i < _count;) {
        const frame_range r = _ranges[i];
        if (r.end <= first || r.first >= end) {
            i++;
            continue;
        }
        erase_at(i);
        if (r.first < first)
            insert_at(i++, {r.first, first}); // there is room: one was just erased
        if (r.end > end)
            complete = insert_at(i++, {end, r.end}) && complete;
    }
    return complete;
}
} // namespace mm
