// The scheduler's side of the per-CPU block, and the ways from a switch back to the application.
#include "arch/scheduler_hooks.hh"

#include "arch/ipi.hh"
#include "arch/tlb.hh"
#include "arch/x64/cpu/percpu.hh"
#include "arch/x64/cpu/registers.hh"
#include "core/mm/address_space.hh"
#include "core/sched/attention.hh"
#include "core/sched/cpu.hh"
#include "core/sched/reaper.hh"
#include "core/sched/thread.hh"

extern "C" void sleep_until_interrupt(); // entry.S

namespace arch
{
namespace
{
constexpr u64 flag_iopl = 3u << 12, flag_nt = 1u << 14;
}

void set_scheduler_cpu(percpu& block, sched::cpu& cpu)
{
    block.scheduler_cpu = &cpu;
    block.kernel_stack_top = cpu.idle_thread().context().stack_top();
}

void adopt_current_stack(sched::thread& idle)
{
    set_current_thread(idle);
    idle.context().adopt_boot_stack(this_cpu().kernel_stack_top);
}

void enter_address_space(mm::address_space& space)
{
    auto& cpu = this_cpu();
    if (cpu.address_space == &space)
        return;
    if (cpu.address_space)
        cpu.address_space->leave(cpu.cpu_number);
    cpu.address_space = &space;
    space.enter(cpu.cpu_number);
}

namespace
{
/// On one CPU, interrupts off.
void leave_here(void* space)
{
    auto& cpu = this_cpu();
    if (cpu.address_space != space)
        return;
    cpu.address_space->leave(cpu.cpu_number);
    cpu.address_space = nullptr;
}
} // namespace

void leave_address_space(mm::address_space& space)
{
    const auto state = irq_save();
    leave_here(&space);
    irq_restore(state);
    call_on_cpus(sched::cpu_set::all(), leave_here, &space);
}

bool interrupted_application()
{
    return this_cpu().interrupted_application;
}

void halt_until_interrupt()
{
    tlb_enter_idle();
    sleep_until_interrupt();
    tlb_leave_idle();
}

extern "C" void finish_first_switch()
{
    sched::finish_switch();
}
extern "C" void kernel_thread_returned()
{
    sched::exit_current();
}
extern "C" void leave_to_application(trap_frame& frame)
{
    sched::leave_to_application(frame);
}
} // namespace arch

namespace sched
{
void leave_to_application(arch::trap_frame& frame)
{
    auto& word = current().context().attention();
    while (const u32 bits = word.exchange(0, std::memory_order_acquire)) {
        if (bits & attention::deferred_work) { // first: it may make a thread ready
            arch::irq_enable();
            run_deferred_work();
            arch::irq_disable();
        }
        if (bits & attention::reschedule) {
            cpu::this_cpu().preempt_current();
            cpu::this_cpu().leave_if_not_allowed();
        }
        arch::irq_enable();
        if (bits & attention::dead_threads)
            reap_dead_threads();
        if (bits & attention::work)
            current().before_return(frame);
        arch::irq_disable();
    }
    sync_debug::assert_no_lock_held();
    frame.rflags = (frame.rflags | arch::rflags_if) & ~(arch::flag_iopl | arch::flag_nt);
    frame.cs = arch::kernel_code_selector;
    frame.ss = arch::kernel_data_selector;
}
} // namespace sched
