// The interrupt descriptor table: 256 gates, each to its entry point in entry.S.
#include <array>

#include "arch/x64/cpu/descriptors.hh"

extern "C" const char trap_gates[];

namespace arch
{
namespace
{
struct gate {
    u16 offset_low = 0;
    u16 selector = 0;
    u8 stack = 0;
    u8 type = 0;
    u16 offset_middle = 0;
    u32 offset_high = 0;
    u32 reserved = 0;
};
static_assert(sizeof(gate) == 16);

constexpr u64 gate_stride = 16; // each vector's entry point in entry.S has as many bytes
constinit std::array<gate, 256> table{};

trap_stack stack_of(unsigned vector)
{
    switch (vector) {
    case 1:
        return trap_stack::debug;
    case 2:
        return trap_stack::nmi;
    case 8:
        return trap_stack::double_fault;
    case 18:
        return trap_stack::machine_check;
    default:
        return trap_stack::ordinary;
    }
}
} // namespace

void build_interrupt_table()
{
    for (unsigned v = 0; v < table.size(); v++) {
        const auto address = reinterpret_cast<u64>(trap_gates) + v * gate_stride;
        table[v] = {.offset_low = static_cast<u16>(address),
                    .selector = kernel_code_selector,
                    .stack = static_cast<u8>(stack_of(v)),
                    .type = 0x8e, // interrupt gate: interrupts off on entry
                    .offset_middle = static_cast<u16>(address >> 16),
                    .offset_high = static_cast<u32>(address >> 32)};
    }
}

void load_interrupt_table()
{
    const table_pointer pointer{sizeof table - 1, reinterpret_cast<u64>(table.data())};
    asm volatile("lidt %0" ::"m"(pointer));
}
} // namespace arch
