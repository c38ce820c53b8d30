// Interrupt vectors: who is called for which, and how a device is told to raise one.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace arch
{
/// Runs in interrupt context: interrupts off, must not sleep, bounded work.
using interrupt_handler = void (*)(void* argument);

/// A vector on `cpu` that calls handler(argument) and acknowledges the local APIC. Errors: enospc.
result<u8> allocate_vector(interrupt_handler handler, void* argument, unsigned cpu);

/// After it returns the handler does not run any more.
void free_vector(u8 vector);

/// What a PCI device writes to raise `vector` on `cpu` (MSI and MSI-X).
struct msi_message {
    u64 address;
    u32 data;
};
msi_message make_msi_message(u8 vector, unsigned cpu);

/// Input `irq` (0..15) of the PC's two 8259s calls handler(argument) on the boot CPU: for machines that have
/// no IOAPIC. Errors: enodev (no such input, or no 8259s).
result<void> connect_legacy_interrupt(u8 irq, interrupt_handler handler, void* argument);

/// The local APIC's id of a CPU, for IOAPIC routing.
u32 apic_id_of(unsigned cpu);
} // namespace arch
