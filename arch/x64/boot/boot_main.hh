// From the entry code to core/boot.
#pragma once

#include "core/base/types.hh"

namespace arch::boot_memory
{
void note_kernel_base(phys_addr base);
}
