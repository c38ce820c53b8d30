// The kernel heap, under operator new(std::nothrow) and delete.
//
// Small sizes come from slabs, one size class each, through a list of free objects per CPU and class; larger
// ones from the frame allocator. A pointer's slab is found through its frame's state byte, so delete needs no
// size. There is no pool at boot: the first object of a class makes its first slab.
//
// Callable from any context but NMI. Debug builds fill freed memory with 0xdb, check it at the next
// allocation, and keep a red zone behind each object.
#pragma once

#include "core/base/types.hh"

namespace mm
{
/// At least `size` bytes aligned to `alignment` (a power of two up to a page), or null. allocate(0) is valid.
void* allocate(size_t size, size_t alignment = 16);
void free(void* pointer);

/// Bytes that may be used behind the pointer; at least what was asked for.
size_t usable_size(const void* pointer);

struct heap_statistics {
    u64 slab_frames = 0;
    u64 large_frames = 0;
};
heap_statistics heap_usage();
} // namespace mm
