// The threads that are ready on one CPU, in the order in which they deserve it.
//
// Real-time threads (FIFO, RR) go first, by priority. The others share by weight: each has a virtual runtime
// that grows by real time times 1024 over its weight, and the smallest is next. A thread that slept is put at
// most `sleeper_credit` behind the smallest, so that it gets the CPU soon but cannot collect a debt of hours.
//
// Of those that share, the next stands outside the tree of the others: where one thread runs and one is
// ready, as in a hand-over between two, the tree is never touched.
//
// Pure policy: no locks, no hardware; tested on the host. Who owns it locks it.
#pragma once

#include <array>

#include "core/base/intrusive.hh"
#include "core/sched/entity.hh"

namespace sched
{
class run_queue
{
  public:
    run_queue() = default;
    run_queue(const run_queue&) = delete;
    run_queue& operator=(const run_queue&) = delete;

    enum class arrival : u8 { woken, new_thread, preempted };
    void add(entity& e, arrival how)
    {
        assert(!e.queued);
        e.queued = true;
        _count++;
        if (e.parameters.is_realtime()) [[unlikely]]
            return add_realtime(e, how);
        if (how == arrival::woken) {
            const u64 floor = _minimum_runtime - static_cast<u64>(sleeper_credit.count());
            if (precedes(e.virtual_runtime, floor))
                e.virtual_runtime = floor;
        } else if (how == arrival::new_thread) {
            e.virtual_runtime = _minimum_runtime;
        }
        if (!_next) [[likely]]
            _next = &e;
        else
            add_to_others(e);
    }
    void remove(entity& e)
    {
        assert(e.queued);
        e.queued = false;
        _count--;
        if (&e == _next) [[likely]]
            _next = _fair.empty() ? nullptr : take_from_tree();
        else
            remove_from_others(e);
    }

    /// The next to run, or null; it stays in the queue.
    entity* first() const { return _realtime.empty() ? _next : realtime_first(); }
    /// One that may move to `cpu`: the one that would wait longest. Null: none.
    entity* find_movable(unsigned cpu) const;

    bool empty() const { return _count == 0; }
    unsigned size() const { return _count; }

    /// Whether `candidate`, just added, should run before the running one (null: idle) goes on.
    bool preempts(const entity& candidate, const entity* running) const
    {
        if (!running)
            return true;
        if (candidate.parameters.policy != policy::other || running->parameters.policy != policy::other)
            return preempts_by_policy(candidate, *running);
        return has_had_its_share(*running, candidate);
    }

    /// Charges `running` (not in the queue) for `ran` nanoseconds.
    void charge(entity& running, nanoseconds ran)
    {
        if (running.parameters.is_realtime()) [[unlikely]]
            return;
        running.virtual_runtime += weighted(ran, running);
        advance_minimum(running.virtual_runtime);
    }

    /// How long the running one may go on while others wait.
    nanoseconds slice(const entity& running) const;

    /// A migrating thread's virtual runtime is kept relative to its queue.
    u64 minimum_runtime() const { return _minimum_runtime; }

  private:
    static constexpr nanoseconds wakeup_granularity = milliseconds(1);
    static constexpr nanoseconds sleeper_credit = milliseconds(3);

    static bool precedes(u64 runtime, u64 other) { return static_cast<s64>(runtime - other) < 0; }
    struct order {
        bool operator()(const entity& a, const entity& b) const
        {
            return precedes(a.virtual_runtime, b.virtual_runtime);
        }
    };
    using tree = intrusive::multiset<entity, intrusive::member_hook<entity, tree_hook, &entity::tree_link>,
                                     intrusive::compare<order>, intrusive::constant_time_size<false>>;
    using list = intrusive::list<entity, intrusive::member_hook<entity, list_hook, &entity::list_link>,
                                 intrusive::constant_time_size<false>>;

    static u64 weighted(nanoseconds t, const entity& e)
    {
        const auto ns = static_cast<u64>(t.count());
        return e.weight == nice_0_weight ? ns : ns * nice_0_weight / e.weight;
    }
    /// Whether it is so far ahead of the candidate that a switch pays.
    static bool has_had_its_share(const entity& running, const entity& candidate)
    {
        const auto lead = static_cast<s64>(running.virtual_runtime - candidate.virtual_runtime);
        return lead > static_cast<s64>(weighted(wakeup_granularity, candidate));
    }
    void advance_minimum(u64 running_runtime)
    {
        u64 least = running_runtime;
        if (_next && precedes(_next->virtual_runtime, least))
            least = _next->virtual_runtime;
        if (precedes(_minimum_runtime, least))
            _minimum_runtime = least;
    }
    // What a hand-over between two threads does not need is kept out of the way of its code.
    [[gnu::noinline]] static bool preempts_by_policy(const entity& candidate, const entity& running);
    [[gnu::noinline]] void add_realtime(entity& e, arrival how);
    [[gnu::noinline]] void add_to_others(entity& e);
    [[gnu::noinline]] void remove_from_others(entity& e);
    [[gnu::noinline]] entity* take_from_tree();
    [[gnu::noinline]] entity* realtime_first() const;

    entity* _next = nullptr; // the first of those that share
    tree _fair;              // the others of them; empty if there is no _next
    list _realtime;          // by falling priority, FIFO within one
    unsigned _count = 0;
    u64 _minimum_runtime = 0;
};
} // namespace sched
