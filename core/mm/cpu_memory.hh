// What each CPU keeps for itself of the allocators: free frames and free small objects. One frame per CPU,
// made when the CPU allocates for the first time. Only touched by its CPU, with interrupts off.
#pragma once

#include "arch/cpu.hh"
#include "core/base/types.hh"
#include "core/sched/affinity.hh"

namespace mm
{
struct frame_cache {
    static constexpr unsigned capacity = 384;
    unsigned count = 0;
    unsigned limit = 0;   // frames kept at most: capacity, less on machines with little RAM
    u32 frames[capacity]; // frame numbers
};

struct object_cache {
    void* first = nullptr; // linked through the objects' first words
    u32 count = 0;
};

inline constexpr unsigned size_class_count = 36;

struct cpu_memory {
    frame_cache frames;
    object_cache objects[size_class_count];
};
static_assert(sizeof(cpu_memory) <= page_size);

extern constinit cpu_memory* cpu_memories[sched::max_cpus];

/// This CPU's block, or null if it has none yet and there is no memory for one. Interrupts off.
cpu_memory* make_cpu_memory();
inline cpu_memory* this_cpu_memory()
{
    cpu_memory* m = cpu_memories[arch::current_cpu()];
    return m ? m : make_cpu_memory();
}
} // namespace mm
