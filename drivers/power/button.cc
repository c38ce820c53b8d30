// The power button as ACPI's fixed event: a status bit, an enable bit, and the system control interrupt.
//
// Source: ACPI 6.4 §4.8.2.2 (power button), §4.8.3.1 (PM1 event registers), §5.2.9 (SCI_INT).
#include <atomic>

#include "arch/port_io.hh"
#include "core/device/firmware.hh"
#include "drivers/ioapic/ioapic.hh"
#include "drivers/power/acpi_mode.hh"
#include "drivers/power/power.hh"

namespace power
{
namespace
{
constexpr u16 button = 1u << 8;

using handler = void (*)();
constinit std::atomic<handler> button_pressed{nullptr};

void system_control_interrupt(void*)
{
    const u16 port = firmware::this_machine().events.port;
    if (!(arch::in16(port) & button))
        return;                // another device's on the same line
    arch::out16(port, button); // cleared by writing a one
    press_button();
}

/// The interrupt is level-triggered and active low unless the firmware says otherwise.
result<void> connect(u8 irq)
{
    const auto& m = firmware::this_machine();
    for (const auto& o : m.overrides)
        if (o.isa_irq == irq)
            return ioapic::connect(o.global_interrupt, o.trigger, o.polarity, system_control_interrupt,
                                   nullptr);
    return ioapic::connect(irq, firmware::trigger::level, firmware::polarity::low, system_control_interrupt,
                           nullptr);
}
} // namespace

void press_button()
{
    if (const handler pressed = button_pressed.load())
        pressed();
}

result<void> watch_button(void (*pressed)())
{
    button_pressed = pressed;
    const auto& m = firmware::this_machine();
    const auto& events = m.events;
    if (events.port == 0 || events.length < 4 || !events.has_power_button || m.power_off.control_a == 0 ||
        events.interrupt > 0xff)
        return {};
    const auto enable_port = static_cast<u16>(events.port + events.length / 2);
    enter_acpi_mode(m);
    arch::out16(enable_port, 0);
    arch::out16(events.port, button);
    TRY(connect(static_cast<u8>(events.interrupt)));
    arch::out16(enable_port, button);
    return {};
}
} // namespace power
