// Lines of the IOAPICs: from a global interrupt number to a handler. A machine that has none uses the PC's
// two 8259s, whose inputs are then the numbers 0 to 15.
//
// Devices with MSI never come here; virtio-mmio, the serial port and PCI devices without MSI do. A line may
// have several handlers (PCI shares lines); each looks at its own device. Pins are masked until somebody
// connects. Source: Intel 82093AA data sheet.
#pragma once

#include "arch/interrupts.hh"
#include "core/base/result.hh"
#include "core/device/firmware.hh"

namespace ioapic
{
/// Calls handler(argument) in interrupt context whenever the line is raised. Thread context.
/// Errors: enodev (no IOAPIC has this line), enospc (no vector), enomem.
result<void> connect(u32 global_interrupt, firmware::trigger trigger, firmware::polarity polarity,
                     arch::interrupt_handler handler, void* argument);

/// The same for an ISA interrupt, wherever the firmware says that it arrives.
result<void> connect_isa(u8 irq, arch::interrupt_handler handler, void* argument);
} // namespace ioapic
