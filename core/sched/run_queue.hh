// The threads that are ready on one CPU, in the order in which they deserve it.
//
// Real-time threads (FIFO, RR) go first, by priority. The others share by weight: each has a virtual runtime
// that grows by real time times 1024 over its weight, and the smallest is next. A thread that slept is put at
// most `sleeper_credit` behind the smallest, so that it gets the CPU soon but cannot collect a debt of hours.
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
    void add(entity& e, arrival how);
    void remove(entity& e);

    /// The next to run, or null; it stays in the queue.
    entity* first() const;
    /// One that may move to `cpu`: the one that would wait longest. Null: none.
    entity* find_movable(unsigned cpu) const;

    bool empty() const { return _count == 0; }
    unsigned size() const { return _count; }

    /// Whether `candidate`, just added, should run before the running one (null: idle) goes on.
    bool preempts(const entity& candidate, const entity* running) const;

    /// Charges `running` (not in the queue) for `ran` nanoseconds.
    void charge(entity& running, nanoseconds ran);

    /// How long the running one may go on while others wait.
    nanoseconds slice(const entity& running) const;

    /// A migrating thread's virtual runtime is kept relative to its queue.
    u64 minimum_runtime() const { return _minimum_runtime; }

  private:
    struct order {
        bool operator()(const entity& a, const entity& b) const
        {
            return static_cast<s64>(a.virtual_runtime - b.virtual_runtime) < 0;
        }
    };
    using tree = intrusive::multiset<entity, intrusive::member_hook<entity, tree_hook, &entity::tree_link>,
                                     intrusive::compare<order>, intrusive::constant_time_size<false>>;
    using list = intrusive::list<entity, intrusive::member_hook<entity, list_hook, &entity::list_link>,
                                 intrusive::constant_time_size<false>>;

    void advance_minimum(const entity* running);

    tree _fair;
    list _realtime; // by falling priority, FIFO within one
    unsigned _count = 0;
    u64 _minimum_runtime = 0;
};
} // namespace sched
