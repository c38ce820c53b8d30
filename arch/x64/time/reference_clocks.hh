// Clocks of known rate that a PC may have.
#pragma once

#include "arch/clock.hh"
#include "core/base/result.hh"

namespace arch
{
/// For the short measurement at start-up: the emulator's APIC timer (TCG), HPET, ACPI PM timer, PIT. Null:
/// none.
const reference_clock* find_startup_reference();

/// One that runs on undisturbed, to measure against for seconds: HPET or PM timer. Null: none.
const reference_clock* find_lasting_reference();
} // namespace arch
