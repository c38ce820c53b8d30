// A split virtqueue as it lies in memory, shared by driver and device (virtio 1.2 §2.7).
//
//     descriptor table   16 bytes each; a chain is linked by `next`
//     available ring     flags, index, heads of chains that the driver offers, used_event
//     used ring          flags, index, (head, bytes written) of chains that the device finished, avail_event
//
// All numbers are little-endian, and so is every CPU that Kiln runs on.
#pragma once

#include "core/base/types.hh"

namespace virtio
{
struct descriptor {
    u64 address;
    u32 length;
    u16 flags;
    u16 next;
};
static_assert(sizeof(descriptor) == 16);

inline constexpr u16 descriptor_next = 1;     // the chain goes on
inline constexpr u16 descriptor_writable = 2; // the device writes here
inline constexpr u16 descriptor_indirect = 4; // the buffer is a table of descriptors

struct used_element {
    u32 head;
    u32 written;
};

struct ring_header {
    u16 flags;
    u16 index;
};
inline constexpr u16 no_interrupt = 1; // available ring: the driver does not want to hear
inline constexpr u16 no_notify = 1;    // used ring: the device does not

/// Where a queue of some size has its parts, in one block of memory.
struct ring_offsets {
    size_t available;
    size_t used;
    size_t total;

    static constexpr ring_offsets of(u16 size)
    {
        const size_t available = sizeof(descriptor) * size;
        const size_t used = align_up(available + sizeof(ring_header) + 2 * (size_t{size} + 1), 4);
        return {available, used, used + sizeof(ring_header) + sizeof(used_element) * size + 2};
    }
};

/// Whether the step of an index from `old_index` to `new_index` passed the event that the other side asked
/// for.
constexpr bool passes_event(u16 event, u16 new_index, u16 old_index)
{
    return static_cast<u16>(new_index - event - 1) < static_cast<u16>(new_index - old_index);
}
} // namespace virtio
