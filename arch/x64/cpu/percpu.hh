// The per-CPU block: what one CPU must reach with one instruction, by GS.
//
// The first fields have fixed offsets (arch/cpu.hh, percpu_offset) because assembly and the compilers' stack
// protector use them. Only the CPU itself writes its block, except where a field says otherwise.
#pragma once

#include <atomic>
#include <cstddef>

#include "arch/cpu.hh"
#include "arch/x64/cpu/descriptors.hh"

namespace mm
{
class address_space;
}

namespace arch
{
struct alignas(64) percpu {
    percpu* self;
    sched::thread* current_thread;
    u64 kernel_stack_top;
    u64 scratch; // the application's stack pointer while system-call entry switches
    u32 cpu_number;
    u32 apic_id;
    u64 stack_protector; // the running thread's; fixed at offset 40
    sched::cpu* scheduler_cpu;
    std::atomic<u32>* attention;      // the running thread's word: not 0 means slow exit
    u64 no_fault_depth;               // user copies end at a fault instead of serving it
    mm::address_space* address_space; // whose tables are loaded
    u64 extended_state_owner;         // thread_context::_state_id of whose vector state the registers hold
    bool interrupted_application;     // while an interrupt is handled that came from there
    global_descriptor_table gdt;
    task_state_segment tss;
};

#define CHECK_OFFSET(field)                                                                                  \
    static_assert(offsetof(percpu, field) == percpu_offset::field, "assembly knows this offset")
CHECK_OFFSET(self);
CHECK_OFFSET(current_thread);
CHECK_OFFSET(kernel_stack_top);
CHECK_OFFSET(scratch);
CHECK_OFFSET(cpu_number);
CHECK_OFFSET(stack_protector);
CHECK_OFFSET(attention);
#undef CHECK_OFFSET
static_assert(offsetof(percpu, scheduler_cpu) == percpu_offset::scheduler_cpu);

/// Volatile: the answer is another one when the thread has slept.
inline percpu& this_cpu()
{
    percpu* p;
    asm volatile("movq %%gs:0, %0" : "=r"(p));
    return *p;
}

/// The boot CPU's block, usable from the first C++ instruction.
extern "C" percpu initial_percpu;

/// Switches the calling CPU to `block`: GS, descriptor tables, trap stacks.
void load_percpu(percpu& block);
} // namespace arch
