// The CPU contract (arch/x64/include/arch/cpu.hh) for host tests: threads are the host's, nothing masks
// interrupts.
#pragma once

#include "core/base/types.hh"

namespace sched
{
class thread;
class cpu;
} // namespace sched

namespace arch
{
using irq_state = u32;
inline irq_state irq_save()
{
    return 0;
}
inline void irq_restore(irq_state) {}
inline void irq_enable() {}
inline void irq_disable() {}
inline bool irqs_enabled()
{
    return true;
}
inline void cpu_relax()
{
    __builtin_ia32_pause();
}

/// An address that differs between host threads; never dereferenced.
sched::thread* current_thread();
inline unsigned current_cpu()
{
    return 0;
}
inline u64 cycle_counter()
{
    return __builtin_ia32_rdtsc();
}
inline void device_fence()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
} // namespace arch
