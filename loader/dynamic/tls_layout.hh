// Where the thread-local storage of each object lies below the thread pointer (AMD64 ABI, variant II):
//
//     | opened later ... | surplus | block n | ... | block 2 | block 1 | thread pointer
//
// A block's offset is the distance from the thread pointer down to its first byte; the program's is the
// first. Every thread has the blocks of the start and the surplus. A library that is opened later gets a
// block in the surplus, which code may address from the thread pointer, or, if that is full, beyond it: there
// it lies only in threads that begin afterwards, and older ones have it elsewhere, by __tls_get_addr.
#pragma once

#include <algorithm>

#include "loader/dynamic/object.hh"

namespace linker
{
struct tls_layout {
    u64 modules = 0;
    u64 size = 0; // of all blocks
    u64 alignment = 16;
    u64 surplus_used = 0, surplus_end = 0; // 0: the program has not started

    static constexpr u64 surplus = 2_KiB;
    static constexpr u64 surplus_alignment = 64;

    /// Gives the object's block, if it has one, the next module number and place.
    void add(object& o)
    {
        tls_block& t = o.tls;
        if (t.memory_size == 0)
            return;
        t.module = ++modules;
        if (surplus_end) {
            const u64 offset = offset_above(surplus_used, o);
            if (offset <= surplus_end && t.alignment <= surplus_alignment) {
                t.offset = surplus_used = offset;
                return;
            }
            t.in_every_thread = false;
        }
        t.offset = size = offset_above(size, o);
        alignment = std::max(alignment, t.alignment);
    }

    /// All objects of the start have been added: what comes now is opened later.
    void start()
    {
        surplus_used = size;
        size = surplus_end = align_up(size + surplus, surplus_alignment);
        alignment = std::max(alignment, surplus_alignment);
    }

  private:
    /// The block's address must be congruent to the image's, and the thread pointer is a multiple of any
    /// alignment.
    static u64 offset_above(u64 used, const object& o)
    {
        const tls_block& t = o.tls;
        const u64 misaligned = (o.bias + t.image) & (t.alignment - 1);
        const u64 offset = used + t.memory_size;
        return offset + (t.alignment - (offset + misaligned) % t.alignment) % t.alignment;
    }
};
} // namespace linker
