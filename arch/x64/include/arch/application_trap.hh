// The way from the CPU's traps to who handles them.
#pragma once

#include "arch/trap_frame.hh"
#include "core/base/types.hh"

namespace mm
{
enum class fault_result : u8;
}

namespace arch
{
/// A trap that application code caused and the kernel could not serve: the program gets a signal. `address`
/// is the faulting address of a page fault (then `why` says what was wrong with it), else 0. Interrupts on,
/// may sleep; a change of `frame` takes effect. Installed once by the Linux interface.
using application_trap_handler = void (*)(trap_frame& frame, u64 address, mm::fault_result why);
void set_application_trap_handler(application_trap_handler handler);

/// Calls the handler of an interrupt vector and acknowledges it (interrupts.cc).
void handle_interrupt(u8 vector);
} // namespace arch
