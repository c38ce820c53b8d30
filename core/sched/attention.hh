// Why a thread takes the slow way back to the application: bits of its context's attention word.
#pragma once

#include "core/base/types.hh"

namespace sched::attention
{
inline constexpr u32 reschedule = 1;    // somebody else may deserve the CPU more
inline constexpr u32 work = 2;          // the thread's before_return(): signals
inline constexpr u32 dead_threads = 4;  // reap_dead_threads() has something to do
inline constexpr u32 deferred_work = 8; // run_deferred_work() has something to do
} // namespace sched::attention
