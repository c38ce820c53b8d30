// Changing a thread's right to CPUs while it is ready, running or blocked.
#include <algorithm>

#include "arch/cpu.hh"
#include "arch/ipi.hh"
#include "core/sched/cpu.hh"

namespace sched
{
/// The lock of its queue is held, and it is not in it.
void cpu::apply_locked(thread& t, const change& wanted)
{
    if (wanted.affinity)
        t.entity::affinity = *wanted.affinity;
    if (wanted.parameters)
        t._own_parameters = *wanted.parameters;
    if (wanted.inherited_priority)
        t._inherited_priority = *wanted.inherited_priority;
    t.entity::parameters = raised(t._own_parameters, t._inherited_priority);
    t.weight = weight_of(t.entity::parameters);
}

void cpu::change_entity(thread& t, const change& wanted) NO_THREAD_SAFETY_ANALYSIS
{
    const auto state = arch::irq_save();
    cpu& home = t._cpu.load(std::memory_order_relaxed) ? lock_home_of(t) : this_cpu();
    const bool locked = t._cpu.load(std::memory_order_relaxed) != nullptr;
    const bool was_queued = t.queued;
    if (was_queued) {
        home._queue.remove(t);
        home._load.fetch_sub(1, std::memory_order_relaxed);
    }
    apply_locked(t, wanted);
    const bool running_elsewhere = locked && t._state == thread_state::running && &home != &this_cpu();
    if (locked)
        home._lock.unlock_irqs_off();
    if (was_queued)
        make_ready(t, run_queue::arrival::preempted);
    else if (running_elsewhere)
        arch::send_reschedule(home._number); // it looks at its own affinity there
    else if (&t == arch::current_thread())
        home.request_reschedule();
    arch::irq_restore(state);
    if (wanted.affinity && &t == arch::current_thread())
        home.leave_if_not_allowed();
}

void cpu::leave_if_not_allowed()
{
    thread& self = current();
    if (self.entity::affinity.contains(_number))
        return;
    const auto state = arch::irq_save();
    // Blocks for an instant; whoever runs here next wakes it, and the wake-up chooses an allowed CPU.
    self._migrating = true;
    this_cpu().switch_away(thread_state::blocked, nullptr);
    arch::irq_restore(state);
}

nanoseconds cpu::time_of(const thread& t)
{
    const nanoseconds settled{t._cpu_time_ns.load(std::memory_order_relaxed)};
    if (t._state.load(std::memory_order_relaxed) != thread_state::running)
        return settled;
    const nanoseconds running = timekeeping::now() - t._running_since;
    return settled + std::max(running, nanoseconds(0));
}
} // namespace sched
