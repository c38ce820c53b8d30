// How much right to a CPU a thread has: Linux's policies and numbers (sched(7)).
#pragma once

#include "core/base/types.hh"

namespace sched
{
enum class policy : u8 { other = 0, fifo = 1, round_robin = 2, batch = 3, idle = 5 };

struct scheduling_parameters {
    sched::policy policy = sched::policy::other;
    s8 nice = 0;              // -20..19, for other and batch
    u8 realtime_priority = 0; // 1..99, for fifo and round_robin

    constexpr bool is_realtime() const
    {
        return policy == sched::policy::fifo || policy == sched::policy::round_robin;
    }
};

/// The parameters of one who inherits a realtime priority (0: none): as FIFO unless its own policy is
/// realtime.
constexpr scheduling_parameters raised(scheduling_parameters own, u8 inherited)
{
    if (inherited <= own.realtime_priority)
        return own;
    if (!own.is_realtime())
        own.policy = policy::fifo;
    own.realtime_priority = inherited;
    return own;
}
} // namespace sched
