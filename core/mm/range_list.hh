// A short sorted list of disjoint ranges of frame numbers: the machine's free RAM before the allocator knows
// it.
#pragma once

#include <array>
#include <span>

#include "core/base/types.hh"

namespace mm
{
struct frame_range {
    u64 first = 0;
    u64 end = 0; // one past the last
};

class range_list
{
  public:
    /// Firmware maps have a few dozen ranges; what does not fit is left unused.
    static constexpr size_t capacity = 96;

    std::span<frame_range> ranges() { return {_ranges.data(), _count}; }
    std::span<const frame_range> ranges() const { return {_ranges.data(), _count}; }

    /// Adds [first, end), joined with what it overlaps or touches. Returns false if there was no room.
    bool add(u64 first, u64 end);

    /// Takes [first, end) out. Returns false if a range had to be split and there was no room: its upper part
    /// is gone then.
    bool subtract(u64 first, u64 end);

  private:
    bool insert_at(size_t i, frame_range r);
    void erase_at(size_t i);

    std::array<frame_range, capacity> _ranges{};
    size_t _count = 0;
};
} // namespace mm
