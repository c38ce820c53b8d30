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
    u64 group;        // of a library that was opened later: addresses of objects, breadth first, then 0
    u64 opened_by;    // the object whose opening brought it; 0: the program's start
    u64 next_global;  // the C library's own, as the rest
    u64 constructed_before;
    u64 is_global;
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
    u64 tls_count, tls_size, tls_alignment; // of all blocks, also of older ones
    u64 tls_in_every_thread;                // up to this offset
    u64 indirect;
    u64 indirect_count;
    u64 sealed;
    u64 sealed_count;
    u32 malloc_replaced, aligned_alloc_replaced;
};

/// The system call by which the C library opens another library, for dlopen(3).
enum open_mode : u32 {
    open_lazy = 1, // RTLD_ values of dlfcn.h
    open_now = 2,
    open_if_loaded = 4,
    open_own_symbols_first = 8,
    open_global = 0x100,
};

/// What it asks.
struct open_request {
    u64 name; // 0: the program
    u64 caller;
    u32 mode, message_size;
    u64 message; // filled with a sentence after a failure
};

/// What it gets.
struct opened {
    u64 object;
    u64 group;
    link added; // without objects if all were there
};

inline constexpr const char* link_symbol = "__kiln_link";
} // namespace linker::startup
