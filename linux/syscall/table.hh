// The system-call table: what entry.S indexes, and what can be asked about a number.
#pragma once

#include <array>
#include <string_view>

#include "arch/trap_frame.hh"
#include "core/base/types.hh"

namespace linux
{
inline constexpr size_t table_size = 502;  // one more than the highest number of table.def
inline constexpr size_t entry_count = 512; // SYSCALL_TABLE_SIZE of entry.S
static_assert(table_size < entry_count);

/// Linux's name of the call, or an empty string for a number without one.
std::string_view syscall_name(u64 number);

/// Whether a handler stands in the table.
bool is_served(u64 number);

/// How many arguments it takes; 0 for calls that are not served.
unsigned syscall_arity(u64 number);
} // namespace linux

/// What entry.S calls for a number, with the registers' frame, interrupts on, on the thread's kernel stack;
/// the answer goes to RAX. Entries without a call refuse, and so the last one does for all numbers beyond.
extern "C" const std::array<u64 (*)(const arch::trap_frame&), linux::entry_count> linux_system_calls;
