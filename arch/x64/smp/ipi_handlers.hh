// The receiving side of interrupts between CPUs.
#pragma once

#include "arch/ipi.hh"

namespace arch
{
/// Installs the handlers of the reschedule and call-function vectors; once.
void install_ipi_handlers();
} // namespace arch
