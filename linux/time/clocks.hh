// Clocks by number: the machine's, the program's CPU time, a thread's CPU time (clock_getres(2)).
//
// A negative number names the CPU clock of a process or thread: ~pid in the upper 29 bits, bit 2 for a
// thread, the kind in the lower two (2: what the scheduler counted).
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/time/deadline.hh"
#include "linux/abi/time.hh"

namespace linux
{
class program;
class task;

enum class clock_kind : u8 { realtime, monotonic, program_cpu, program_user, thread_cpu };

/// A clock that a call or a timer refers to, found once.
struct clock_reference {
    clock_kind kind = clock_kind::monotonic;
    ref_ptr<linux::program> program; // program_cpu, program_user
    ref_ptr<task> thread;            // thread_cpu

    clock_reference();
    clock_reference(const clock_reference&);
    clock_reference& operator=(const clock_reference&);
    ~clock_reference();

    /// Callable from any context.
    nanoseconds now() const;
    bool is_cpu_clock() const { return kind >= clock_kind::program_cpu; }
    /// When the clock can show `time` at the earliest.
    timekeeping::deadline earliest(nanoseconds time) const;
};

/// Errors: einval if there is no such clock, or its thread is gone.
result<clock_reference> find_clock(clock_id id);

/// The same for what may be slept on or have timers. Errors: also eopnotsupp.
result<clock_reference> find_timer_clock(clock_id id);

bool is_coarse(clock_id id);
} // namespace linux
