// Asking other CPUs to do something.
#pragma once

#include "core/sched/affinity.hh"

namespace arch
{
/// Runs function(argument) on every CPU of `targets` that is up, except the calling one, in interrupt
/// context, and waits until all have. With interrupts on and no spinlock held.
void call_on_cpus(const sched::cpu_set& targets, void (*function)(void*), void* argument);

/// Makes `cpu` look at its run queue.
void send_reschedule(unsigned cpu);
} // namespace arch
