// What becomes of a system call that a signal interrupted (signal(7), "Interruption of system calls").
#pragma once

#include "arch/trap_frame.hh"
#include "core/base/types.hh"

namespace linux
{
enum class handler_kind : u8 { none, plain, restarting }; // restarting: installed with SA_RESTART

/// Changes the frame of a call that ended with a restart code: it becomes EINTR, or goes back to the SYSCALL
/// instruction. Frames of traps and finished calls stay as they are.
void apply_restart_rules(arch::trap_frame& frame, handler_kind handler);
} // namespace linux
