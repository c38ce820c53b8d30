// The ways to end the machine; see power.hh.
#include "drivers/power/power.hh"

#include "arch/cpu.hh"
#include "arch/port_io.hh"
#include "core/device/firmware.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/power/acpi_mode.hh"

namespace power
{
namespace
{
constexpr u16 sleep_enable = 1u << 13;
constexpr u8 reduced_sleep_enable = 1u << 5;
constexpr u16 reset_port = 0xcf9;
constexpr u16 keyboard_command_port = 0x64;
constexpr u8 keyboard_pulse_reset = 0xfe;
constexpr u8 keyboard_input_full = 2;

/// A machine turns off a little after it was told to.
void wait_a_moment()
{
    for (int i = 0; i < 1000; i++)
        arch::in8(0x80); // about a microsecond each on real hardware
}

constinit ways own_ways{};

// Registers that are memory, mapped by prepare(): a panic cannot map anything.
constinit volatile u8* sleep_memory = nullptr;
constinit volatile u8* reset_memory = nullptr;

result<void> map(const firmware::machine_register& r, volatile u8*& pointer)
{
    if (r.where == firmware::machine_register::space::memory)
        pointer = static_cast<volatile u8*>(TRY(mm::map_device(phys_addr{r.address}, 1)));
    return {};
}

void write_register(const firmware::machine_register& r, volatile u8* mapped, u8 value)
{
    if (r.where == firmware::machine_register::space::port)
        arch::out8(static_cast<u16>(r.address), value);
    else if (mapped)
        *mapped = value;
}

void off_by_acpi(const firmware::machine& m)
{
    const auto& how = m.power_off;
    if (how.sleep_control) {
        write_register(how.sleep_control, sleep_memory,
                       static_cast<u8>(how.sleep_value << 2 | reduced_sleep_enable));
    } else if (how.known && how.control_a != 0) {
        enter_acpi_mode(m);
        arch::out16(how.control_a, how.value_a | sleep_enable);
        if (how.control_b != 0)
            arch::out16(how.control_b, how.value_b | sleep_enable);
    } else {
        return;
    }
    wait_a_moment();
}

[[noreturn]] void triple_fault()
{
    const struct [[gnu::packed]] {
        u16 limit;
        u64 base;
    } no_table{0, 0};
    asm volatile("lidt %0; ud2" ::"m"(no_table));
    __builtin_unreachable();
}
} // namespace

result<void> prepare()
{
    const auto& m = firmware::this_machine();
    TRY(map(m.power_off.sleep_control, sleep_memory));
    return map(m.reset, reset_memory);
}

void use(const ways& w)
{
    own_ways = w;
}

void off()
{
    arch::irq_disable();
    if (own_ways.off)
        own_ways.off();
    if (const auto* m = firmware::known_machine())
        off_by_acpi(*m);
    reboot();
}

void reboot()
{
    arch::irq_disable();
    if (own_ways.reboot)
        own_ways.reboot();
    const auto* m = firmware::known_machine();
    if (m && m->reset) {
        write_register(m->reset, reset_memory, m->reset_value);
        wait_a_moment();
    }
    if (!m || m->has_acpi) { // a machine without ACPI has none of the PC's ports
        arch::out8(reset_port, 0x02);
        arch::out8(reset_port, 0x06);
        wait_a_moment();
        if (!(arch::in8(keyboard_command_port) & keyboard_input_full))
            arch::out8(keyboard_command_port, keyboard_pulse_reset);
        wait_a_moment();
    }
    triple_fault();
}
} // namespace power
