// Vectors whose number the kernel fixed (trap/vectors.hh).
#pragma once

#include "arch/interrupts.hh"

namespace arch
{
/// Who is called for a fixed vector; at start-up.
void set_fixed_handler(u8 vector, interrupt_handler handler, void* argument = nullptr);
} // namespace arch
