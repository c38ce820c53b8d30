// What debug builds check of each heap allocation: a red zone behind it that must stay intact, and poison in
// freed memory that nobody may have written to. Release builds compile all of it away.
//
//     | size bytes | 0xfd ... up to capacity - 16 | size, xor'ed | address, xor'ed |
#pragma once

#include "core/base/assert.hh"
#include "core/base/types.hh"

namespace mm::heap_debug
{
#ifdef KILN_DEBUG
inline constexpr bool enabled = true;
#else
inline constexpr bool enabled = false;
#endif
inline constexpr size_t red_zone = enabled ? 16 : 0;

/// A new slab has an object here. Its frames may have been another slab's, whose marks mean nothing any more.
void on_carve(void* object, size_t capacity);

/// Fills the allocation with 0xcd, its rest with the red zone; panics if freed memory was written to.
void on_allocate(void* pointer, size_t size, size_t capacity);

/// Panics if the red zone was damaged or the memory was freed before; poisons it.
void on_free(void* pointer, size_t capacity);
} // namespace mm::heap_debug
