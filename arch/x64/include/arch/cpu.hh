// What the kernel asks of the CPU it runs on: interrupts, pausing, the running thread, the per-CPU block.
//
// This header is the contract: tests/unit/host has another one with the same names for host tests. GS always
// points to the per-CPU block while the kernel runs; the application cannot change it.
#pragma once

#include "core/base/types.hh"

namespace sched
{
class thread;
class cpu;
} // namespace sched

namespace arch
{
/// Whether interrupts were on: RFLAGS as pushed, of which no more matters here than 32 bits, so that a lock
/// at rest takes 8 bytes.
using irq_state = u32;

inline constexpr u64 rflags_if = 1u << 9;

inline irq_state irq_save()
{
    u64 flags;
    asm volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
    return static_cast<irq_state>(flags);
}
inline void irq_restore(irq_state flags)
{
    if (flags & rflags_if)
        asm volatile("sti" ::: "memory");
}
inline void irq_enable()
{
    asm volatile("sti" ::: "memory");
}
inline void irq_disable()
{
    asm volatile("cli" ::: "memory");
}
inline bool irqs_enabled()
{
    u64 flags;
    asm volatile("pushfq; popq %0" : "=r"(flags));
    return flags & rflags_if;
}
inline void cpu_relax()
{
    asm volatile("pause");
}

/// Turns interrupts on and sleeps until one arrives; returns with them on. No wake-up between the two is
/// lost.
inline void wait_for_interrupt()
{
    asm volatile("sti; hlt" ::: "memory");
}

/// Byte offsets of the fields of the per-CPU block that assembly and these accessors use. Checked in
/// percpu.hh.
namespace percpu_offset
{
inline constexpr unsigned self = 0;
inline constexpr unsigned current_thread = 8;
inline constexpr unsigned kernel_stack_top = 16;
inline constexpr unsigned scratch = 24;
inline constexpr unsigned cpu_number = 32;
inline constexpr unsigned stack_protector = 40; // fixed by the compilers for the kernel code model
inline constexpr unsigned scheduler_cpu = 48;
inline constexpr unsigned attention = 56;
} // namespace percpu_offset

inline sched::thread* current_thread()
{
    sched::thread* t;
    asm("movq %%gs:8, %0" : "=r"(t));
    return t;
}
inline sched::cpu* current_scheduler_cpu()
{
    sched::cpu* c;
    asm volatile("movq %%gs:48, %0" : "=r"(c));
    return c;
}

/// The number of the CPU that executes this; stable only while the thread cannot move (kernel code is not
/// preempted, so until it next blocks).
inline unsigned current_cpu()
{
    unsigned n;
    asm volatile("movl %%gs:32, %0" : "=r"(n));
    return n;
}

/// The time-stamp counter, not ordered with other instructions.
inline u64 cycle_counter()
{
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64{high} << 32) | low;
}

/// What was stored before is visible to a device that another host thread emulates, before what follows is
/// loaded. A fence alone is not enough: QEMU before 8.1 leaves fences and lock prefixes out of the code that
/// it makes for a machine with one CPU, and then the host's CPU lets our load overtake our store, so that a
/// wish for an interrupt and the device's last buffer miss each other for ever. Reading the counter ends in
/// QEMU behind a lock, which is a fence of the host; on hardware it costs 25 cycles. See docs/drivers.md.
inline void device_fence()
{
    asm volatile("mfence" ::: "memory");
    (void)cycle_counter();
    asm volatile("" ::: "memory");
}
} // namespace arch
