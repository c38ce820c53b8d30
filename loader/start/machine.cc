#include "loader/start/machine.hh"

#include <cpuid.h>

#include "arch/thread_context.hh"

namespace loader
{
u64 cpu_capabilities()
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    __get_cpuid(1, &a, &b, &c, &d);
    return d;
}

u64 cpu_capabilities_2()
{
    constexpr u64 fsgsbase_usable = 2;
    u64 control; // CR4: whether the kernel has switched the instructions on
    asm volatile("movq %%cr4, %0" : "=r"(control));
    return control >> 16 & 1 ? fsgsbase_usable : 0;
}

u64 minimum_signal_stack()
{
    // Red zone, frame, vector state with its end marker, and what alignment to 64 may add.
    constexpr u64 red_zone = 128, frame = 440, end_marker = 4, alignment = 64;
    return align_up(red_zone + frame + arch::extended_state_size() + end_marker + alignment, 16);
}
} // namespace loader
