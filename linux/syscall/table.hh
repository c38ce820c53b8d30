// The system-call table: what linux_dispatch() indexes, and what can be asked about a number.
#pragma once

#include <string_view>

#include "arch/trap_frame.hh"
#include "core/base/types.hh"

namespace linux
{
inline constexpr size_t table_size = 451; // one more than the highest number of table.def

/// Linux's name of the call, or an empty string for a number without one.
std::string_view syscall_name(u64 number);

/// Whether a handler stands in the table.
bool is_served(u64 number);

/// How many arguments it takes; 0 for calls that are not served.
unsigned syscall_arity(u64 number);
} // namespace linux

/// Serves the call whose number and arguments are in `frame` and stores the answer in frame.rax. Called by
/// entry with interrupts on, on the thread's kernel stack.
extern "C" void linux_dispatch(arch::trap_frame& frame);
