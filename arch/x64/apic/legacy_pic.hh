// The two 8259 interrupt controllers of the PC: silenced, so that they cannot raise vectors that mean CPU
// traps. Only a machine without an IOAPIC connects their inputs again (arch/interrupts.hh).
#pragma once

namespace arch::legacy_pic
{
/// Moves their vectors to 0x20-0x2f, where nothing else is, and masks all inputs.
void silence();
} // namespace arch::legacy_pic
