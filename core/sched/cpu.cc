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
constexpr nanoseconds watch_interval = milliseconds(100);
}

cpu::cpu(unsigned number, ref_ptr<thread> idle) : _number(number), _idle(std::move(idle)) {}

thread& cpu::thread_of(entity& e)
{
    return static_cast<thread&>(e);
}

cpu& cpu::lock_home_of(thread& t) NO_THREAD_SAFETY_ANALYSIS
{
    for (;;) {
        cpu* c = t._cpu.load(std::memory_order_acquire);
        c->_lock.lock();
        if (t._cpu.load(std::memory_order_relaxed) == c)
            return *c;
        c->_lock.unlock();
    }
}

void cpu::account_locked()
{
    const instant now = timekeeping::now();
    const nanoseconds ran = now - _running->_running_since;
    _running->_running_since = now;
    _running->_cpu_time_ns.store(_running->_cpu_time_ns.load(std::memory_order_relaxed) + ran.count(),
                                 std::memory_order_relaxed);
    if (_running != _idle.get())
        _queue.charge(*_running, ran);
}

void cpu::arm_slice_locked()
{
    if (!_queue.empty() && _running != _idle.get() && !_slice.armed())
        _slice.arm(timekeeping::after(_running->_running_since, _queue.slice(*_running)));
}

void cpu::slice_ended(timekeeping::timer&)
{
    this_cpu().push_surplus();
    this_cpu().request_reschedule();
}

// An application can stop its CPU by HLT, which does not fault in ring 0. While one runs, this interrupt
// comes back now and then, so that trap handling sees where it stands (arch/x64/trap).
void cpu::watch_application(timekeeping::timer& t)
{
    if (!this_cpu().is_idle())
        t.arm(timekeeping::after(timekeeping::now(), watch_interval));
}

void cpu::request_reschedule()
{
    // Only the CPU itself changes who runs here, and it is in an interrupt.
    arch::current_thread()->context().attention().fetch_or(attention::reschedule, std::memory_order_relaxed);
}

void cpu::enqueue_locked(thread& t, run_queue::arrival how) NO_THREAD_SAFETY_ANALYSIS
{
    // Virtual runtime is relative to its queue's smallest; the other queue's is read without its lock, for a
    // hint.
    const cpu* home = t._cpu.load(std::memory_order_relaxed);
    if (home && home != this)
        t.virtual_runtime += _queue.minimum_runtime() - home->_queue.minimum_runtime();
    t._cpu.store(this, std::memory_order_release);
    t._state.store(thread_state::ready, std::memory_order_relaxed);
    _queue.add(t, how);
    _load.fetch_add(1, std::memory_order_relaxed);
}

void cpu::make_ready(thread& t, run_queue::arrival how) NO_THREAD_SAFETY_ANALYSIS
{
    const auto state = arch::irq_save();
    cpu& target = choose(t, how);
    target._lock.lock();
    target.enqueue_locked(t, how);
    const entity* running = target._running == target._idle.get() ? nullptr : target._running;
    const bool preempts = target._queue.preempts(t, running);
    const bool here = &target == &this_cpu();
    if (here && preempts)
        target.request_reschedule();
    else if (here)
        target.arm_slice_locked();
    target._lock.unlock();
    // Another CPU arms its own slice timer when it hears of the thread.
    if (!here)
        arch::send_reschedule(target._number);
    arch::irq_restore(state);
}

void cpu::wake(thread& t) NO_THREAD_SAFETY_ANALYSIS
{
    cpu& home = lock_home_of(t);
    const bool blocked = t._state.load(std::memory_order_relaxed) == thread_state::blocked;
    if (blocked)
        t._state.store(thread_state::ready, std::memory_order_relaxed);
    home._lock.unlock();
    if (blocked)
        make_ready(t, run_queue::arrival::woken);
}

thread& cpu::pick_locked()
{
    entity* e = _queue.first();
    if (!e)
        return *_idle;
    _queue.remove(*e);
    _load.fetch_sub(1, std::memory_order_relaxed);
    return thread_of(*e);
}

void cpu::switch_to_locked(thread& next)
{
    thread& previous = *_running;
    next._running_since = previous._running_since;
    next._state.store(thread_state::running, std::memory_order_relaxed);
    _running = &next;
    _previous = &previous;
    _idling.store(&next == _idle.get(), std::memory_order_relaxed);
    arm_slice_locked();
    if (&previous == _idle.get() && !_watch.armed())
        _watch.arm(timekeeping::after(next._running_since, watch_interval));
    if (next._address_space && next._address_space != previous._address_space)
        arch::enter_address_space(*next._address_space);
    arch::set_current_thread(next);
    if (deferred_work_pending()) // the thread that we leave was asked for it
        next._context.attention().fetch_or(attention::deferred_work, std::memory_order_relaxed);
    previous._context.switch_to(next._context);
    // Here runs the thread that was left earlier, perhaps on another CPU: `this` is not trusted any more.
}

/// The first thing after a switch, on the new stack: lets others have the previous thread.
void finish_switch() NO_THREAD_SAFETY_ANALYSIS
{
    cpu& here = cpu::this_cpu();
    thread* previous = here._previous;
    // Looked at under the lock: afterwards another CPU may run it, to its end.
    const bool dead = previous->state() == thread_state::dead;
    const bool migrating = std::exchange(previous->_migrating, false);
    here._lock.unlock();
    if (dead)
        bury(*previous);
    else if (migrating)
        cpu::wake(*previous);
}

void cpu::switch_away(thread_state state, bool (*still_wanted)(void*),
                      void* argument) NO_THREAD_SAFETY_ANALYSIS
{
    assert(!arch::irqs_enabled());
    _lock.lock();
    if (still_wanted && !still_wanted(argument)) {
        _lock.unlock();
        return;
    }
    account_locked();
    thread& self = *_running;
    self._state.store(state, std::memory_order_relaxed);
    self._voluntary_switches++;
    switch_to_locked(pick_locked());
    finish_switch();
}

void cpu::preempt_current() NO_THREAD_SAFETY_ANALYSIS
{
    _lock.lock();
    account_locked();
    thread& self = *_running;
    if (_queue.empty()) {
        _lock.unlock();
        return;
    }
    if (&self != _idle.get())
        enqueue_locked(self, run_queue::arrival::preempted);
    thread& next = pick_locked();
    if (&next == &self) {
        self._state.store(thread_state::running, std::memory_order_relaxed);
        arm_slice_locked();
        _lock.unlock();
        return;
    }
    if (&self == _idle.get())
        self._state.store(thread_state::ready, std::memory_order_relaxed);
    else
        self._involuntary_switches++;
    switch_to_locked(next);
    finish_switch();
}
} // namespace sched
