// Source: Intel 8259A data sheet, initialisation command words.
#include "arch/x64/apic/legacy_pic.hh"

#include "arch/interrupts.hh"
#include "arch/port_io.hh"
#include "arch/x64/apic/fixed_vectors.hh"
#include "arch/x64/apic/local_apic.hh"
#include "core/base/types.hh"
#include "core/device/firmware.hh"

namespace arch
{
namespace
{
constexpr u8 first_vector = 0x20;
constexpr u16 first_command = 0x20, first_data = 0x21, second_command = 0xa0, second_data = 0xa1;
constexpr u8 cascade_irq = 2, end_of_interrupt = 0x20, read_in_service = 0x0b;

struct input {
    interrupt_handler handler = nullptr;
    void* argument = nullptr;
};
constinit input inputs[16];

/// A request that went away before it was taken arrives as the last input of its controller, which then is
/// not in service.
bool is_spurious(unsigned irq)
{
    if (irq % 8 != 7)
        return false;
    const u16 command = irq < 8 ? first_command : second_command;
    out8(command, read_in_service);
    return !(in8(command) & 0x80);
}

void legacy_raised(void* argument)
{
    const auto& in = *static_cast<const input*>(argument);
    const auto irq = static_cast<unsigned>(&in - inputs);
    const bool spurious = is_spurious(irq);
    if (!spurious)
        in.handler(in.argument);
    if (irq >= 8 && !spurious)
        out8(second_command, end_of_interrupt);
    if (irq >= 8 || !spurious)
        out8(first_command, end_of_interrupt);
}
} // namespace

result<void> connect_legacy_interrupt(u8 irq, interrupt_handler handler, void* argument)
{
    if (irq >= 16 || irq == cascade_irq || !firmware::this_machine().has_pic)
        return fail(errc::enodev);
    inputs[irq] = {handler, argument};
    set_fixed_handler(static_cast<u8>(first_vector + irq), legacy_raised, &inputs[irq]);
    local_apic::accept_legacy_interrupts();
    if (irq >= 8)
        out8(second_data, static_cast<u8>(in8(second_data) & ~(1u << (irq - 8))));
    const unsigned opened = irq >= 8 ? 1u << cascade_irq : 1u << irq;
    out8(first_data, static_cast<u8>(in8(first_data) & ~opened));
    return {};
}
} // namespace arch

namespace arch::legacy_pic
{
void silence()
{
    struct controller {
        u16 command, data;
        u8 vector, cascade;
    };
    constexpr controller both[] = {{first_command, first_data, first_vector, 1u << cascade_irq},
                                   {second_command, second_data, first_vector + 8, cascade_irq}};
    for (const auto& c : both) {
        out8(c.command, 0x11); // begin initialisation, four words
        out8(c.data, c.vector);
        out8(c.data, c.cascade);
        out8(c.data, 1);
        out8(c.data, 0xff); // all masked
    }
}
} // namespace arch::legacy_pic
