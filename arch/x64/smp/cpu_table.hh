// The CPUs of this machine by their number: block and APIC id.
#pragma once

#include "arch/x64/cpu/percpu.hh"

namespace arch
{
/// The block of CPU `cpu`, or null if it is not up.
percpu* percpu_of(unsigned cpu);

/// Returns when no CPU is in an interrupt handler that began before.
void wait_for_interrupt_handlers();
} // namespace arch
