// Turning the machine off and starting it again.
//
// Callable from any context, also from a panic before the firmware's tables are known; never returns. Each
// way is tried in turn, because which of them works cannot be asked. Sources: ACPI 6.4 §4.8.3 and §16.1, IBM
// PC/AT.
#pragma once

#include "core/base/result.hh"

namespace power
{
/// Maps the registers that lie in memory; before it (and where there are none) the other ways remain. Thread
/// context.
result<void> prepare();

/// Calls pressed() in interrupt context whenever somebody presses the machine's power button: ACPI's fixed
/// event, or a hypervisor's wish. Thread context, once. Errors: those of its interrupt.
result<void> watch_button(void (*pressed)());

/// For a hypervisor's driver; any context. Nobody may watch yet.
void press_button();

/// A hypervisor's own ways, which are tried first. Neither returns if it works.
struct ways {
    void (*off)();
    void (*reboot)();
};
void use(const ways& w);

/// ACPI's S5, else as reboot() (run.py's QEMU ends at a reset).
[[noreturn]] void off();

/// ACPI's reset register, else the PC's reset port, the keyboard controller, and a triple fault.
[[noreturn]] void reboot();
} // namespace power
