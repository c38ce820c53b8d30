// Where the thread-local storage of each object lies below the thread pointer (AMD64 ABI, variant II):
//
//     | block n | ... | block 2 | block 1 | thread pointer
//
// A block's offset is the distance from the thread pointer down to its first byte; the program's is the
// first.
#pragma once

#include <algorithm>

#include "loader/dynamic/object.hh"

namespace linker
{
struct tls_layout {
    u64 modules = 0;
    u64 size = 0; // of all blocks
    u64 alignment = 16;

    /// Gives the object's block, if it has one, the next module number and place.
    void add(object& o)
    {
        tls_block& t = o.tls;
        if (t.memory_size == 0)
            return;
        // The block's address must be congruent to the image's, and the thread pointer is a multiple of any
        // alignment.
        const u64 misaligned = (o.bias + t.image) & (t.alignment - 1);
        u64 offset = size + t.memory_size;
        offset += (t.alignment - (offset + misaligned) % t.alignment) % t.alignment;
        t.module = ++modules;
        t.offset = size = offset;
        alignment = std::max(alignment, t.alignment);
    }
};
} // namespace linker
