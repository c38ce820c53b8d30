// Interrupts between CPUs. A call goes to all targets at once; one call is under way at a time, because the
// callers (TLB shootdown, mostly) would only queue behind each other in the targets anyway.
#include "arch/ipi.hh"

#include <atomic>

#include "arch/cpu.hh"
#include "arch/smp.hh"
#include "arch/x64/apic/fixed_vectors.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/smp/cpu_table.hh"
#include "arch/x64/smp/ipi_handlers.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/base/assert.hh"
#include "core/sched/cpu.hh"

namespace arch
{
namespace
{
struct call {
    void (*function)(void*);
    void* argument;
    std::atomic<unsigned> outstanding;
};

constinit std::atomic<bool> busy{false};
constinit std::atomic<call*> current_call{nullptr};

void handle_call(void*)
{
    call* c = current_call.load(std::memory_order_acquire);
    c->function(c->argument);
    c->outstanding.fetch_sub(1, std::memory_order_release);
}

void handle_reschedule(void*)
{
    sched::cpu::this_cpu().request_reschedule();
}
} // namespace

void call_on_cpus(const sched::cpu_set& targets, void (*function)(void*), void* argument)
{
    assert(irqs_enabled());
    // Kernel code is not preempted, so between here and the end this thread stays on its CPU.
    const unsigned self = current_cpu();
    call c{function, argument, 0};
    unsigned count = 0;
    sched::cpu_set called; // a CPU that comes up meanwhile has nothing to hear of
    for (unsigned n = 0; n < cpu_count(); n++) {
        if (n == self || !targets.contains(n) || !percpu_of(n))
            continue;
        called.add(n);
        count++;
    }
    if (count == 0)
        return;
    while (busy.exchange(true, std::memory_order_acquire))
        cpu_relax();
    c.outstanding.store(count, std::memory_order_relaxed);
    current_call.store(&c, std::memory_order_release);
    for (unsigned n = 0; n < cpu_count(); n++)
        if (called.contains(n))
            local_apic::send(percpu_of(n)->apic_id, vector::call_function);
    while (c.outstanding.load(std::memory_order_acquire) != 0)
        cpu_relax();
    busy.store(false, std::memory_order_release);
}

void send_reschedule(unsigned cpu)
{
    if (const percpu* block = percpu_of(cpu))
        local_apic::send(block->apic_id, vector::reschedule);
}

void install_ipi_handlers()
{
    set_fixed_handler(vector::call_function, handle_call);
    set_fixed_handler(vector::reschedule, handle_reschedule);
}
} // namespace arch
