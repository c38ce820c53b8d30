// What the kernel's linker leaves for the built-in C library: one block of application memory, and the
// structure
// __kiln_link of that library, which points into it. libc/ldso/link.h has the same structures in C.
#pragma once

#include "core/base/types.hh"

namespace linker::startup
{
/// One object; addresses of application memory. It begins like glibc's and musl's struct link_map.
struct object {
    u64 base;
    u64 name;
    u64 dynamic;
    u64 next, previous;
    u64 headers;
    u64 header_count;
    u64 tls_module;
    u64 init;
    u64 init_array;
    u64 init_count;
    u64 fini;
    u64 fini_array;
    u64 fini_count;
    u64 next_to_init; // dependencies first
    u64 group;        // the library's own
};

/// musl's struct tls_module.
struct tls_module {
    u64 next;
    u64 image;
    u64 file_size, memory_size, alignment, offset;
};

struct indirect {
    u64 where;
    u64 resolver;
};

struct sealed {
    u64 start;
    u64 length;
};

struct link {
    u64 door;
    u64 entry;
    u64 objects;
    u64 first_to_init;
    u64 tls_modules;
    u64 tls_count, tls_size, tls_alignment;
    u64 indirect;
    u64 indirect_count;
    u64 sealed;
    u64 sealed_count;
    u32 malloc_replaced, aligned_alloc_replaced;
};
inline constexpr const char* link_symbol = "__kiln_link";
} // namespace linker::startup
