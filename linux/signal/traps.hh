// Traps of application code as signals.
#pragma once

#include "arch/trap_frame.hh"
#include "core/mm/address_space.hh"
#include "linux/abi/signal.hh"

namespace linux
{
/// The signal that Linux sends for a trap, with its code and address (arch/x86/kernel/traps.c's table, as
/// described in sigaction(2)). `floating_point_status` is the x87 status and MXCSR word's pending exceptions
/// for #MF and #XM.
siginfo trap_signal(const arch::trap_frame& frame, u64 address, mm::fault_result why,
                    u32 floating_point_status);

/// The code of a SIGFPE for pending and unmasked exception bits (IE DE ZE OE UE PE, bit 0 to 5).
s32 floating_point_code(u32 exceptions);

/// Makes the program get signals for its traps; once, at start.
void install_trap_handler();
} // namespace linux
