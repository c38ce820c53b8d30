// The buddy allocator: blocks of 2^order frames, split in halves and joined with their buddies again.
//
// A free block's first bytes link it into its order's list; its first frame's state byte says free and the
// order. Joining looks only at the state byte of the buddy's first frame, so only first frames of blocks need
// a valid byte: RAM that was never used costs nothing. It lies in `_untouched` and is taken up in sections of
// at most the largest block.
//
// Not locked: the owner's lock.
#pragma once

#include <span>

#include "core/base/result.hh"
#include "core/mm/frame_state.hh"
#include "core/mm/frames.hh"
#include "core/mm/range_list.hh"

namespace mm
{
class buddy
{
  public:
    constexpr buddy() = default;
    buddy(const buddy&) = delete;
    buddy& operator=(const buddy&) = delete;

    /// See init_frames().
    result<void> init(std::span<const memory_range> ram, std::span<const memory_range> reserved);

    result<phys_addr> allocate(unsigned order);
    void free(phys_addr address, unsigned order);
    /// Frees [first, end) of frames that were never part of a block.
    void add_reserved(u64 first, u64 end);

    u64 total_frames() const { return _total; }
    u64 free_frames() const { return _free; }

    frame_state& state(u64 frame_number) { return _states[frame_number - _first]; }
    bool contains(u64 frame_number) const { return frame_number >= _first && frame_number < _end; }

    /// Checks every invariant of the free lists; for tests.
    bool is_consistent();

  private:
    struct block {
        block* next;
        block* previous;
    };

    result<void> place_states(range_list& free);
    void mark_reserved(u64 first, u64 end);
    bool take_section();
    void add_blocks(u64 first, u64 end);
    void push(u64 frame_number, unsigned order);
    void remove(u64 frame_number, unsigned order);
    static block* block_at(u64 frame_number);

    frame_state* _states = nullptr; // of frames [_first, _end)
    u64 _first = 0;
    u64 _end = 0;
    block* _free_lists[max_order + 1] = {};
    u32 _occupied = 0; // one bit per order whose list is not empty
    u64 _free = 0;     // in the lists and untouched
    u64 _total = 0;
    range_list _untouched;
};
} // namespace mm
