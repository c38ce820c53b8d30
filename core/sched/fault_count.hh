// How memory management tells the scheduler of a page fault, so that it is counted for the thread.
#pragma once

#include "core/base/types.hh"

namespace sched
{
/// What serving it took: a major one read from a device.
enum class fault_kind : u8 { minor, major };

/// Counts a fault that was served for the running thread.
void count_fault(fault_kind kind);
} // namespace sched
