// The end of the machine by a bug of the kernel: one line, a backtrace, power-off.
#pragma once

#include "arch/trap_frame.hh"
#include "core/base/types.hh"

namespace arch
{
/// A trap in kernel code that nothing can serve. `why` or the trap's name is shown with the registers.
[[noreturn]] void fatal_trap(const trap_frame& frame, const char* why);
[[noreturn]] void fatal_page_fault(const trap_frame& frame, u64 address);

/// Stops this CPU if another one has panicked; else logs an unknown NMI.
void handle_nmi(const trap_frame& frame);

} // namespace arch
