#include "core/mm/heap_debug.hh"

#include <algorithm>
#include <cstring>

namespace mm::heap_debug
{
namespace
{
constexpr u8 fresh = 0xcd, freed = 0xdb, zone = 0xfd;
constexpr u64 key = 0x6b696c6e68656170;
constexpr size_t link_bytes = 8; // of the list that a free object is in

struct trailer {
    u64 size;
    u64 address;
};

trailer* trailer_of(void* pointer, size_t capacity)
{
    return reinterpret_cast<trailer*>(static_cast<u8*>(pointer) + capacity - sizeof(trailer));
}

constexpr u64 freed_mark = ~key;
} // namespace

void on_carve(void* object, size_t capacity)
{
    *trailer_of(object, capacity) = {};
}

void on_allocate(void* pointer, size_t size, size_t capacity)
{
    auto* bytes = static_cast<u8*>(pointer);
    trailer* t = trailer_of(pointer, capacity);
    // Large allocations come from the frame allocator, which poisons nothing.
    if (capacity < page_size && t->size == freed_mark &&
        t->address == (reinterpret_cast<u64>(pointer) ^ freed_mark))
        for (size_t i = link_bytes; i < capacity - sizeof(trailer); i++)
            if (bytes[i] != freed)
                panic("heap: memory was written to after it was freed");
    std::memset(bytes, fresh, size);
    std::memset(bytes + size, zone, capacity - sizeof(trailer) - size);
    *t = {size ^ key, reinterpret_cast<u64>(pointer) ^ key};
}

void on_free(void* pointer, size_t capacity)
{
    auto* bytes = static_cast<u8*>(pointer);
    trailer* t = trailer_of(pointer, capacity);
    const u64 address = reinterpret_cast<u64>(pointer);
    if (t->size == freed_mark && t->address == (address ^ freed_mark))
        panic("heap: memory was freed twice");
    const u64 size = t->size ^ key;
    if (t->address != (address ^ key) || size > capacity - sizeof(trailer))
        panic("heap: the end of an allocation was overwritten, or the pointer is not one of the heap's");
    for (size_t i = size; i < capacity - sizeof(trailer); i++)
        if (bytes[i] != zone)
            panic("heap: an allocation was written to beyond its end");
    std::memset(bytes, freed, capacity - sizeof(trailer));
    *t = {freed_mark, address ^ freed_mark};
}
} // namespace mm::heap_debug
