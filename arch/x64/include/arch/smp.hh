// The other CPUs: starting them, and what is known of them.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace arch
{
/// Learns the CPUs' APIC ids from the firmware's tables; on the boot CPU, before anything counts CPUs.
void number_cpus();

extern unsigned known_cpus;

/// CPUs that the firmware reports, started or still starting: what programs are told.
inline unsigned cpu_count()
{
    return known_cpus;
}

/// Starts all other CPUs and returns without waiting for them. Errors: enomem.
result<void> start_other_cpus();

/// Interrupts, trap stacks and the scheduler of the boot CPU.
void start_boot_cpu();
} // namespace arch
