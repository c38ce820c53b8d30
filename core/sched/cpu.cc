// Switching, queueing and waking on one CPU; choosing among several is in placement.cc.
#include "core/sched/cpu.hh"

#include "arch/cpu.hh"
#include "arch/ipi.hh"
#include "arch/scheduler_hooks.hh"
#include "core/mm/address_space.hh"
#include "core/sched/attention.hh"
#include "core/sched/reaper.hh"

namespace sched
{
namespace
{
constexpr nanoseconds tick_interval = milliseconds(10); // the unit of times(2)
}

cpu::cpu(unsigned number, ref_ptr<thread> idle) : _number(number), _idle(std::move(idle)) {}

inline void cpu::account_locked()
{
    const instant now = timekeeping::now();
    const nanoseconds ran = now - _running->_running_since;
    _running->_running_since = now;
    _running->_cpu_time_ns.store(_running->_cpu_time_ns.load(std::memory_order_relaxed) + ran.count(),
                                 std::memory_order_relaxed);
    if (_running != _idle.get())
        _queue.charge(*_running, ran);
}

inline void cpu::arm_slice_locked()
{
    if (!_queue.empty() && !_slice.armed()) [[unlikely]]
        arm_new_slice_locked();
}

void cpu::arm_new_slice_locked()
{
    if (_running != _idle.get())
        _slice.arm(timekeeping::after(_running->_running_since, _queue.slice(*_running)));
}

void cpu::slice_ended(timekeeping::timer&)
{
    this_cpu().push_surplus();
    this_cpu().request_reschedule();
}

// While threads run, this interrupt comes back for two reasons. It samples whether the application or the
// kernel has the CPU, which divides the exactly measured time of a thread for a hundredth of a percent of it;
// reading the clock at every call would cost each of them two readings. And an application can stop its CPU
// by HLT, which does not fault in ring 0: trap handling sees then where it stands (arch/x64/trap).
void cpu::tick(timekeeping::timer& t)
{
    if (this_cpu().is_idle())
        return;
    thread& running = current();
    (arch::interrupted_application() ? running._application_ticks : running._kernel_ticks)++;
    t.arm(timekeeping::after(timekeeping::now(), tick_interval));
}

void cpu::request_reschedule()
{
    // Only the CPU itself changes who runs here, and it is in an interrupt.
    arch::current_thread()->context().attention().fetch_or(attention::reschedule, std::memory_order_relaxed);
}

/// Queues `t` here, unlocks, and sees to it that it gets its turn.
inline void cpu::admit_and_unlock(thread& t, run_queue::arrival how) NO_THREAD_SAFETY_ANALYSIS
{
    enqueue_locked(t, how);
    const bool here = this == &this_cpu();
    if (here) {
        const entity* running = _running == _idle.get() ? nullptr : _running;
        if (_queue.preempts(t, running))
            request_reschedule();
        else
            arm_slice_locked();
    }
    _lock.unlock_irqs_off();
    // Another CPU arms its own slice timer when it hears of the thread.
    if (!here)
        arch::send_reschedule(_number);
}

void cpu::admit(thread& t, run_queue::arrival how)
{
    _lock.lock_irqs_off();
    admit_and_unlock(t, how);
}

void cpu::wake(thread& t, std::atomic<bool>* told) NO_THREAD_SAFETY_ANALYSIS
{
    cpu& home = lock_home_of(t);
    if (told)
        told->store(true, std::memory_order_release); // the thread needs this lock before it can end
    if (t._state.load(std::memory_order_relaxed) != thread_state::blocked) [[unlikely]]
        return home._lock.unlock_irqs_off();
    cpu& target = choose(t, run_queue::arrival::woken);
    if (&target == &home)
        return home.admit_and_unlock(t, run_queue::arrival::woken);
    t._state.store(thread_state::ready, std::memory_order_relaxed); // nobody else wakes it
    home._lock.unlock_irqs_off();
    target.admit(t, run_queue::arrival::woken);
}

inline thread& cpu::pick_locked()
{
    entity* e = _queue.first();
    if (!e)
        return *_idle;
    _queue.remove(*e);
    _load.fetch_sub(1, std::memory_order_relaxed);
    return thread_of(*e);
}

void cpu::start_ticking_locked()
{
    if (!_tick.armed())
        _tick.arm(timekeeping::after(_running->_running_since, tick_interval));
}

/// Part of its callers, which have to save registers for their own sake anyway.
[[gnu::always_inline]] inline void cpu::switch_to_locked(thread& next)
{
    thread& previous = *_running;
    next._running_since = previous._running_since;
    next._state.store(thread_state::running, std::memory_order_relaxed);
    _running = &next;
    _previous = &previous;
    _idling.store(&next == _idle.get(), std::memory_order_relaxed);
    arm_slice_locked();
    if (&previous == _idle.get()) [[unlikely]]
        start_ticking_locked();
    if (next._address_space && next._address_space != previous._address_space) [[unlikely]]
        arch::enter_address_space(*next._address_space);
    arch::set_current_thread(next);
    if (deferred_work_pending()) [[unlikely]] // the thread that we leave was asked for it
        next._context.attention().fetch_or(attention::deferred_work, std::memory_order_relaxed);
    previous._context.switch_to(next._context);
    // Here runs the thread that was left earlier, perhaps on another CPU: `this` is not trusted any more.
}

[[gnu::noinline]] void cpu::settle_previous(thread& previous, bool dead)
{
    if (dead)
        bury(previous);
    else
        wake(previous, nullptr);
}

/// The first thing after a switch, on the new stack: lets others have the previous thread.
[[gnu::always_inline]] inline void cpu::finish_switch_here() NO_THREAD_SAFETY_ANALYSIS
{
    cpu& here = this_cpu();
    thread& previous = *here._previous;
    // Looked at under the lock: afterwards another CPU may run it, to its end.
    const bool dead = previous.state() == thread_state::dead;
    const bool migrating = std::exchange(previous._migrating, false);
    here._lock.unlock_irqs_off();
    if (dead || migrating) [[unlikely]]
        settle_previous(previous, dead);
}

void finish_switch()
{
    cpu::finish_switch_here();
}

void cpu::switch_away(thread_state state, const thread_waiter* sleeper) NO_THREAD_SAFETY_ANALYSIS
{
    assert(!arch::irqs_enabled());
    _lock.lock_irqs_off();
    if (sleeper && !sleeper->must_sleep()) [[unlikely]]
        return _lock.unlock_irqs_off();
    account_locked();
    thread& self = *_running;
    self._state.store(state, std::memory_order_relaxed);
    self._voluntary_switches++;
    switch_to_locked(pick_locked());
    finish_switch_here();
}

void cpu::preempt_current() NO_THREAD_SAFETY_ANALYSIS
{
    _lock.lock_irqs_off();
    account_locked();
    thread& self = *_running;
    if (_queue.empty()) {
        _lock.unlock_irqs_off();
        return;
    }
    if (&self != _idle.get())
        enqueue_locked(self, run_queue::arrival::preempted);
    thread& next = pick_locked();
    if (&next == &self) {
        self._state.store(thread_state::running, std::memory_order_relaxed);
        arm_slice_locked();
        _lock.unlock_irqs_off();
        return;
    }
    if (&self == _idle.get())
        self._state.store(thread_state::ready, std::memory_order_relaxed);
    else
        self._involuntary_switches++;
    switch_to_locked(next);
    finish_switch_here();
}
} // namespace sched
