// Slabs: blocks of frames cut into objects of one size. The level below the per-CPU lists of the heap.
//
//     | header | unused | object n-1 | ... | object 1 | object 0 |
//
// Objects lie at the end of the block, so a size that is a power of two is aligned to itself. A slab with
// free objects is in its class's list; one that becomes wholly free goes back to the frame allocator unless
// it is the last in the list.
#pragma once

#include "core/base/types.hh"
#include "core/mm/cpu_memory.hh"

namespace mm
{
/// 16 to 256 in steps of 16 or 32, then four steps per doubling up to 4096; but 816, of which ten just fit
/// into two pages, is a TCP connection's.
inline constexpr u16 class_sizes[size_class_count] = {
    16,  32,  48,  64,  80,  96,  112, 128,  144,  160,  192,  224,  256,  288,  320,  384,  448,  512,
    576, 640, 704, 768, 816, 896, 960, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3200, 4096};
inline constexpr size_t largest_small = class_sizes[size_class_count - 1];

/// The smallest class of at least `size` bytes (1 to largest_small).
unsigned class_of_size(size_t size);

struct free_object {
    free_object* next;
};

struct slab {
    slab* next = nullptr; // in the class's list; its lock, like all here
    slab* previous = nullptr;
    free_object* free = nullptr;
    u16 free_count = 0;
    u16 object_count = 0;
    u8 size_class = 0;
    u8 order = 0;
};

/// The slab that an object lies in; its frame's state must say slab.
slab& slab_of(const void* object);

/// Frames in each slab of a class, as an order.
unsigned slab_order(unsigned size_class);

/// Takes up to `wanted` objects of a class, linked; returns how many came.
u32 take_objects(unsigned size_class, u32 wanted, free_object*& first);

/// Gives linked objects of any slabs of the class back.
void return_objects(unsigned size_class, free_object* first, u32 count);

u64 slab_frames_in_use();
} // namespace mm
