// Register access in both modes; see local_apic.hh.
#include "arch/x64/apic/local_apic.hh"

#include "arch/cpu.hh"
#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/mm/kernel_areas.hh"

namespace arch::local_apic
{
namespace
{
enum class reg : u32 {
    id = 0x20,
    task_priority = 0x80,
    end_of_interrupt = 0xb0,
    spurious = 0xf0,
    command_low = 0x300,
    command_high = 0x310,
    timer = 0x320,
    local_0 = 0x350,
    timer_initial = 0x380,
    timer_current = 0x390,
    timer_divide = 0x3e0,
};

constexpr u32 software_enable = 1 << 8;
constexpr u32 divide_by_one = 0xb;
constexpr u32 deadline_mode = 2 << 17;
constexpr u32 delivery_init = 5 << 8, delivery_startup = 6 << 8, level_assert = 1 << 14,
              delivery_pending = 1 << 12;
constexpr u64 apic_global_enable = 1 << 11, x2apic_enable = 1 << 10;
constexpr u32 x2apic_base = 0x800;

constinit volatile u32* registers = nullptr; // null: x2APIC

u32 read(reg r)
{
    if (!registers)
        return x2apic_read(x2apic_base + (static_cast<u32>(r) >> 4));
    return registers[static_cast<u32>(r) / 4];
}

void write(reg r, u32 value)
{
    if (!registers)
        x2apic_write(x2apic_base + (static_cast<u32>(r) >> 4), value);
    else
        registers[static_cast<u32>(r) / 4] = value;
}

void command(u32 apic_id, u32 low)
{
    if (!registers)
        return x2apic_write(x2apic_base + 0x30, (u64{apic_id} << 32) | low);
    const irq_state state = irq_save();
    write(reg::command_high, apic_id << 24);
    write(reg::command_low, low);
    while (read(reg::command_low) & delivery_pending)
        asm volatile("pause");
    irq_restore(state);
}
} // namespace

result<void> prepare(phys_addr base)
{
    if (!features.x2apic)
        registers = static_cast<volatile u32*>(TRY(mm::map_device(base, page_size)));
    return {};
}

void enable()
{
    u64 base = read_msr(msr::apic_base) | apic_global_enable;
    if (!registers)
        base |= x2apic_enable;
    write_msr(msr::apic_base, base);
    write(reg::task_priority, 0);
    write(reg::spurious, software_enable | vector::spurious);
    write(reg::timer_divide, divide_by_one);
    write(reg::timer, vector::timer);
}

void accept_legacy_interrupts()
{
    constexpr u32 external = 7 << 8; // the vector comes from the 8259s
    write(reg::local_0, external);
}

u32 id()
{
    return registers ? read(reg::id) >> 24 : read(reg::id);
}
void end_of_interrupt()
{
    write(reg::end_of_interrupt, 0);
}
void send(u32 apic_id, u8 vector)
{
    command(apic_id, vector | level_assert);
}
void send_init(u32 apic_id)
{
    command(apic_id, delivery_init | level_assert);
}
void send_startup(u32 apic_id, u8 page)
{
    command(apic_id, delivery_startup | level_assert | page);
}

void start_timer(u32 ticks)
{
    write(reg::timer_initial, ticks);
}
u32 timer_count()
{
    return read(reg::timer_current);
}

void use_deadline_mode()
{
    write(reg::timer, deadline_mode | vector::timer);
}
void start_deadline_timer(u64 tsc_deadline)
{
    write_msr(msr::tsc_deadline, tsc_deadline);
}
} // namespace arch::local_apic
