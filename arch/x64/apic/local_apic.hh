// The local APIC of each CPU: acknowledging interrupts, sending them to other CPUs, the one-shot timer.
// Source: Intel SDM volume 3, chapter 10. x2APIC (by MSR) where the CPU has it, else the memory-mapped
// registers.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace arch::local_apic
{
/// Maps the registers; once, on the boot CPU, when kernel areas work. Errors: enomem.
result<void> prepare(phys_addr base);

/// Switches the calling CPU's APIC on.
void enable();

/// This CPU takes interrupts of the 8259s, which are wired to its first local input.
void accept_legacy_interrupts();

u32 id();
void end_of_interrupt();

/// Sends `vector` to one CPU.
void send(u32 apic_id, u8 vector);

/// The two steps that start another CPU (SDM 8.4.4): it begins in real mode at page << 12.
void send_init(u32 apic_id);
void send_startup(u32 apic_id, u8 page);

/// Raises the timer vector once, after `ticks` of the timer's own clock; 0 stops it.
void start_timer(u32 ticks);
u32 timer_count();

/// Raises the timer vector when the TSC reaches `deadline` (needs the TSC-deadline mode).
void start_deadline_timer(u64 tsc_deadline);
void use_deadline_mode();
} // namespace arch::local_apic
