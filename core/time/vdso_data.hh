// The page that the vDSO computes the time from: written by core/time, read by application code without the
// kernel.
//
// One writer at a time (core/time's own lock); readers are in the application and never block it. The
// sequence is odd while the writer is at work; a reader that saw it odd or changed starts again. It makes the
// system call if the clock is the kernel's, as in a page that nobody has written yet. The same
// page is mapped read-only into every address space as [vvar], directly before the vDSO's code ([vdso]).
//
//     monotonic ns = monotonic_base + ((tsc - cycle_base) * nanoseconds_per_cycle >> 32)
//     wall ns      = monotonic ns + wall_offset
#pragma once

#include <atomic>

#include "core/base/types.hh"

struct vdso_data {
    enum class clock_source : u32 { kernel = 0, tsc = 1 }; // kernel: the vDSO makes the system call
    enum class cpu_source : u32 { kernel = 0, rdtscp = 1, rdpid = 2 }; // TSC_AUX holds the CPU's number

    std::atomic<u32> sequence{0};
    clock_source clock = clock_source::kernel;
    u64 cycle_base = 0;
    u64 nanoseconds_per_cycle = 0; // fixed point, 32 bits behind the point
    u64 monotonic_base = 0;        // ns
    s64 wall_offset = 0;           // ns
    cpu_source cpu = cpu_source::kernel;
    u32 resolution = 1; // ns, what clock_getres() says

    /// Runs `change` on the data so that no reader sees half of it. The caller holds the writers' lock.
    template <class Change>
    void write(Change change)
    {
        const u32 start = (sequence.load(std::memory_order_relaxed) + 1) & ~1u;
        sequence.store(start + 1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release); // odd before any field changes
        change(*this);
        sequence.store(start + 2, std::memory_order_release); // pairs with the readers' first load
    }
};
static_assert(sizeof(vdso_data) <= page_size && std::atomic<u32>::is_always_lock_free);

namespace vdso
{
/// The page, page-aligned and alone in its page of the kernel's image (loader/vdso/image.cc).
vdso_data& data();
} // namespace vdso
