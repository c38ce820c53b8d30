// The direct door: where the built-in C library enters the kernel without a SYSCALL instruction
// (docs/libc.md).
#pragma once

#include "core/base/types.hh"

namespace arch
{
/// Jumped to with interrupts off and the return address in RCX; else as SYSCALL.
virt_addr direct_entry();
} // namespace arch
