// The scheduling policy; see run_queue.hh.
#include "core/sched/run_queue.hh"

#include <algorithm>

namespace sched
{
namespace
{
constexpr u64 nice_0_weight = 1024;
constexpr nanoseconds sleeper_credit = milliseconds(3);
constexpr nanoseconds wakeup_granularity = milliseconds(1);
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

u64 weighted(nanoseconds t, const entity& e)
{
    const auto ns = static_cast<u64>(t.count());
    return e.weight == nice_0_weight ? ns : ns * nice_0_weight / e.weight;
}
} // namespace

u32 weight_of(const scheduling_parameters& p)
{
    return p.policy == policy::idle ? idle_weight : nice_weights[static_cast<size_t>(p.nice + 20)];
}

void run_queue::add(entity& e, arrival how)
{
    assert(!e.queued);
    e.queued = true;
    _count++;
    if (e.parameters.is_realtime()) {
        // A pre-empted FIFO thread keeps its place at the head of its priority; the others go to the tail.
        const bool ahead = how == arrival::preempted && e.parameters.policy == policy::fifo;
        auto it = _realtime.begin();
        while (it != _realtime.end() &&
               (it->parameters.realtime_priority > e.parameters.realtime_priority ||
                (!ahead && it->parameters.realtime_priority == e.parameters.realtime_priority)))
            ++it;
        _realtime.insert(it, e);
        return;
    }
    switch (how) {
    case arrival::woken: {
        const u64 floor = _minimum_runtime - static_cast<u64>(sleeper_credit.count());
        if (static_cast<s64>(e.virtual_runtime - floor) < 0)
            e.virtual_runtime = floor;
        break;
    }
    case arrival::new_thread:
        e.virtual_runtime = _minimum_runtime;
        break;
    case arrival::preempted:
        break;
    }
    _fair.insert(e);
}

void run_queue::remove(entity& e)
{
    assert(e.queued);
    e.queued = false;
    _count--;
    if (e.parameters.is_realtime())
        _realtime.erase(_realtime.iterator_to(e));
    else
        _fair.erase(_fair.iterator_to(e));
}

entity* run_queue::first() const
{
    if (!_realtime.empty())
        return const_cast<entity*>(&_realtime.front());
    return _fair.empty() ? nullptr : const_cast<entity*>(&*_fair.begin());
}

entity* run_queue::find_movable(unsigned cpu) const
{
    for (auto it = _fair.rbegin(); it != _fair.rend(); ++it)
        if (it->affinity.contains(cpu))
            return const_cast<entity*>(&*it);
    for (auto it = _realtime.rbegin(); it != _realtime.rend(); ++it)
        if (it->affinity.contains(cpu))
            return const_cast<entity*>(&*it);
    return nullptr;
}

bool run_queue::preempts(const entity& candidate, const entity* running) const
{
    if (!running)
        return true;
    if (candidate.parameters.is_realtime())
        return !running->parameters.is_realtime() ||
               candidate.parameters.realtime_priority > running->parameters.realtime_priority;
    if (running->parameters.is_realtime())
        return false;
    if (running->parameters.policy == policy::idle && candidate.parameters.policy != policy::idle)
        return true;
    if (candidate.parameters.policy == policy::batch || candidate.parameters.policy == policy::idle)
        return false;
    const auto lead = static_cast<s64>(running->virtual_runtime - candidate.virtual_runtime);
    return lead > static_cast<s64>(weighted(wakeup_granularity, candidate));
}

void run_queue::charge(entity& running, nanoseconds ran)
{
    if (running.parameters.is_realtime())
        return;
    running.virtual_runtime += weighted(ran, running);
    advance_minimum(&running);
}

void run_queue::advance_minimum(const entity* running)
{
    u64 least = running->virtual_runtime;
    if (!_fair.empty() && static_cast<s64>(_fair.begin()->virtual_runtime - least) < 0)
        least = _fair.begin()->virtual_runtime;
    if (static_cast<s64>(least - _minimum_runtime) > 0)
        _minimum_runtime = least;
}

nanoseconds run_queue::slice(const entity& running) const
{
    if (running.parameters.is_realtime())
        return round_robin_slice;
    return std::max(target_latency / (_count + 1), shortest_slice);
}
} // namespace sched
