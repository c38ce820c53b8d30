// What only the scheduler may do to a CPU's block.
#pragma once

#include "core/base/types.hh"

namespace mm
{
class address_space;
}
namespace sched
{
class cpu;
class thread;
} // namespace sched

namespace arch
{
struct percpu;

void set_scheduler_cpu(percpu& block, sched::cpu& cpu);

/// The calling CPU runs `next` from now on (its registers follow by switch_to). Interrupts off.
inline void set_current_thread(sched::thread& next)
{
    asm volatile("movq %0, %%gs:8" ::"r"(&next) : "memory");
}

/// The calling code becomes `idle`, on the stack that it runs on.
void adopt_current_stack(sched::thread& idle);

/// Makes the calling CPU see an application's half. Interrupts off.
void enter_address_space(mm::address_space& space);

/// Makes every CPU forget `space`, also those where its thread only ran earlier; then it may be destroyed.
/// Interrupts on.
void leave_address_space(mm::address_space& space);

/// In an interrupt: whether it came while the application ran, not the kernel.
bool interrupted_application();

/// Halts with interrupts on until one arrives; called with interrupts off, returns with them off.
void halt_until_interrupt();
} // namespace arch
