// The boot CPU's block, and how a CPU starts to use one.
#include "arch/x64/cpu/percpu.hh"

#include "arch/x64/cpu/registers.hh"
#include "core/base/assert.hh"

extern "C" char boot_stack_top[];

namespace arch
{
namespace
{
constinit std::atomic<u32> boot_attention{0};

// One trap stack of each kind for the boot CPU; the others get theirs from the heap (smp.cc).
alignas(16) constinit std::byte boot_trap_stacks[trap_stack_count][trap_stack_size] = {};
} // namespace

constinit percpu initial_percpu = {
    .self = &initial_percpu,
    .current_thread = nullptr,
    .kernel_stack_top = 0,
    .scratch = 0,
    .cpu_number = 0,
    .apic_id = 0,
    .stack_protector = 0x5bd1e995a7c3f200, // until the first thread runs, which has a random one
    .scheduler_cpu = nullptr,
    .attention = &boot_attention,
    .no_fault_depth = 0,
    .address_space = nullptr,
    .extended_state_owner = 0,
    .interrupted_application = false,
    .gdt = {},
    .tss = {},
};

void global_descriptor_table::set_task_state(const task_state_segment& tss)
{
    const auto base = reinterpret_cast<u64>(&tss);
    const u64 limit = sizeof tss - 1;
    task_state_low = limit | (base & 0xffffff) << 16 | u64{0x89} << 40 | (base >> 24 & 0xff) << 56;
    task_state_high = base >> 32;
}

void load_percpu(percpu& block)
{
    if (&block == &initial_percpu)
        for (unsigned i = 0; i < trap_stack_count; i++)
            block.tss.ist[i] = reinterpret_cast<u64>(boot_trap_stacks[i] + trap_stack_size);
    if (block.kernel_stack_top == 0)
        block.kernel_stack_top = reinterpret_cast<u64>(boot_stack_top);
    write_msr(msr::gs_base, reinterpret_cast<u64>(&block));
    block.gdt.set_task_state(block.tss);
    const table_pointer pointer{sizeof(global_descriptor_table) - 1, reinterpret_cast<u64>(&block.gdt)};
    asm volatile("lgdt %0\n\t"
                 "pushq %1\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\n\t"
                 "movw %2, %%ss\n\t"
                 "ltr %3"
                 :
                 : "m"(pointer), "i"(kernel_code_selector), "r"(kernel_data_selector),
                   "r"(task_state_selector)
                 : "rax", "memory");
}
} // namespace arch
