// What a run queue knows of a thread.
#pragma once

#include "core/base/intrusive.hh"
#include "core/sched/affinity.hh"
#include "core/sched/policy.hh"
#include "core/time/clock.hh"

namespace sched
{
inline constexpr u64 nice_0_weight = 1024;

/// Linux's weights: each nice level is a factor of 1.25; 1024 is nice 0. Source: sched(7), nice values.
u32 weight_of(const scheduling_parameters& parameters);

struct entity {
    scheduling_parameters parameters;
    u32 weight = nice_0_weight;
    cpu_set affinity = cpu_set::all();
    u64 virtual_runtime = 0; // weighted nanoseconds; compared modulo 2^64
    tree_hook tree_link;     // the run queue's lock
    list_hook list_link;     // the run queue's lock
    bool queued = false;     // the run queue's lock
};
} // namespace sched
