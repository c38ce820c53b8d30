// The two 8259 interrupt controllers of the PC, which Kiln does not use: silenced, so that they cannot raise
// vectors that mean CPU traps.
#pragma once

namespace arch::legacy_pic
{
/// Moves their vectors to 0x20-0x2f, where nothing else is, and masks all inputs.
void silence();
} // namespace arch::legacy_pic
