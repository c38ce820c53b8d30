// The one-shot timer in each CPU's local APIC.
#pragma once

#include "core/base/types.hh"

namespace arch::timer_hardware
{
/// Chooses TSC-deadline or count-down mode; `apic_frequency` in Hz for the latter. Once, on the boot CPU.
void choose(u64 apic_frequency);

void start_on_this_cpu();
} // namespace arch::timer_hardware
