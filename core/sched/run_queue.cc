// The scheduling policy; see run_queue.hh.
#include "core/sched/run_queue.hh"

#include <algorithm>
#include <utility>

namespace sched
{
namespace
{
constexpr nanoseconds target_latency = milliseconds(12);
constexpr nanoseconds shortest_slice = milliseconds(2);
constexpr nanoseconds round_robin_slice = milliseconds(100); // Linux's default
constexpr u32 idle_weight = 3;

// 1024 * 1.25^-nice, rounded.
constexpr std::array<u32, 40> nice_weights = [] {
    std::array<u32, 40> w{};
    w[20] = 1024;
    u64 up = 1024ull << 20, down = 1024ull << 20;
    for (unsigned i = 1; i <= 20; i++) {
        up = up * 5 / 4;
        w[20 - i] = static_cast<u32>((up + (1 << 19)) >> 20);
    }
    for (unsigned i = 1; i < 20; i++) {
        down = down * 4 / 5;
        w[20 + i] = static_cast<u32>((down + (1 << 19)) >> 20);
    }
    return w;
}();
} // namespace

u32 weight_of(const scheduling_parameters& p)
{
    return p.policy == policy::idle ? idle_weight : nice_weights[static_cast<size_t>(p.nice + 20)];
}

/// A pre-empted FIFO thread keeps its place at the head of its priority; the others go to the tail.
void run_queue::add_realtime(entity& e, arrival how)
{
    const bool ahead = how == arrival::preempted && e.parameters.policy == policy::fifo;
    auto it = _realtime.begin();
    while (it != _realtime.end() &&
           (it->parameters.realtime_priority > e.parameters.realtime_priority ||
            (!ahead && it->parameters.realtime_priority == e.parameters.realtime_priority)))
        ++it;
    _realtime.insert(it, e);
}

void run_queue::add_to_others(entity& e)
{
    if (order{}(e, *_next))
        _fair.insert_before(_fair.begin(), *std::exchange(_next, &e));
    else
        _fair.insert(e);
}

void run_queue::remove_from_others(entity& e)
{
    if (e.parameters.is_realtime())
        _realtime.erase(_realtime.iterator_to(e));
    else
        _fair.erase(_fair.iterator_to(e));
}

/// The smallest of the tree, out of it.
entity* run_queue::take_from_tree()
{
    entity& e = *_fair.begin();
    _fair.erase(_fair.begin());
    return &e;
}

entity* run_queue::realtime_first() const
{
    return const_cast<entity*>(&_realtime.front());
}

entity* run_queue::find_movable(unsigned cpu) const
{
    for (auto it = _fair.rbegin(); it != _fair.rend(); ++it)
        if (it->affinity.contains(cpu))
            return const_cast<entity*>(&*it);
    if (_next && _next->affinity.contains(cpu))
        return _next;
    for (auto it = _realtime.rbegin(); it != _realtime.rend(); ++it)
        if (it->affinity.contains(cpu))
            return const_cast<entity*>(&*it);
    return nullptr;
}

bool run_queue::preempts_by_policy(const entity& candidate, const entity& running)
{
    if (candidate.parameters.is_realtime())
        return !running.parameters.is_realtime() ||
               candidate.parameters.realtime_priority > running.parameters.realtime_priority;
    if (running.parameters.is_realtime())
        return false;
    if (running.parameters.policy == policy::idle && candidate.parameters.policy != policy::idle)
        return true;
    if (candidate.parameters.policy == policy::batch || candidate.parameters.policy == policy::idle)
        return false;
    return has_had_its_share(running, candidate);
}

nanoseconds run_queue::slice(const entity& running) const
{
    if (running.parameters.is_realtime())
        return round_robin_slice;
    return std::max(target_latency / (_count + 1), shortest_slice);
}
} // namespace sched
