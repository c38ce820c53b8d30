// Instructions of the kernel that may fault, and where to go on when they do (section .fixups).
#pragma once

#include "core/base/types.hh"

namespace arch
{
/// Where execution goes on after a fault at `rip`, or 0 if that instruction must not fault.
u64 find_fixup(u64 rip);
} // namespace arch
