// Segment descriptors, the task-state segment and trap gates. Source: Intel SDM volume 3, chapters 3, 6
// and 8.
#pragma once

#include "core/base/types.hh"

namespace arch
{
inline constexpr u16 kernel_code_selector = 0x08;
inline constexpr u16 kernel_data_selector = 0x10;
inline constexpr u16 task_state_selector = 0x18;

/// Which of the TSS's stacks a gate switches to.
enum class trap_stack : u8 { ordinary = 1, nmi = 2, double_fault = 3, machine_check = 4, debug = 5 };
inline constexpr unsigned trap_stack_count = 5;
inline constexpr size_t trap_stack_size = 4096;

struct [[gnu::packed]] task_state_segment {
    u32 reserved0 = 0;
    u64 rsp[3] = {};
    u64 reserved1 = 0;
    u64 ist[7] = {}; // ist[trap_stack - 1]
    u64 reserved2 = 0;
    u16 reserved3 = 0;
    u16 io_map_base = 104;
};
static_assert(sizeof(task_state_segment) == 104);

struct global_descriptor_table {
    u64 null = 0;
    u64 code = 0x00af9b000000ffff;
    u64 data = 0x00cf93000000ffff;
    u64 task_state_low = 0;
    u64 task_state_high = 0;

    void set_task_state(const task_state_segment& tss);
};

/// What LGDT and LIDT load.
struct [[gnu::packed]] table_pointer {
    u16 limit;
    u64 base;
};

/// Loads the interrupt descriptor table, the same for all CPUs.
void load_interrupt_table();

/// Fills it; once, on the boot CPU.
void build_interrupt_table();
} // namespace arch
