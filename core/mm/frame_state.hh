// The byte that the allocators keep for each frame: what it is used for, and the order of its block.
#pragma once

#include "core/base/types.hh"

namespace mm
{
enum class frame_kind : u8 {
    reserved,   // not RAM, or taken at boot
    free,       // head of a block in a free list
    allocated,  // head of a block that somebody has
    slab,       // every frame of a slab of the kernel heap; the slab begins at its order's alignment
    large_head, // first frame of a large heap allocation
    large_tail, // its other frames; the last frame's order is 1, all others' 0
};

class frame_state
{
  public:
    constexpr frame_state() = default;
    constexpr frame_state(frame_kind kind, unsigned order)
        : _raw(static_cast<u8>(static_cast<unsigned>(kind) << 4 | order))
    {
    }
    constexpr frame_kind kind() const { return static_cast<frame_kind>(_raw >> 4); }
    constexpr unsigned order() const { return _raw & 15; }
    constexpr bool operator==(const frame_state&) const = default;

  private:
    u8 _raw = 0;
};
static_assert(sizeof(frame_state) == 1);

/// The state byte of a frame of RAM. It is written by the owner of the frame only.
frame_state& state_of(phys_addr frame);
} // namespace mm
