// Arming, cancelling and running timers; see timer.hh.
#include "core/time/timer_queue.hh"

#include "arch/clock.hh"
#include "arch/cpu.hh"
#include "arch/ipi.hh"
#include "core/sched/cpu.hh"

namespace timekeeping
{
timer_queue& timer_queue::this_cpu()
{
    return sched::cpu::this_cpu().timers();
}

void timer_queue::program_locked()
{
    const instant earliest = _timers.empty() ? never : _timers.begin()->_due;
    if (earliest == _programmed)
        return;
    // A later deadline is left to the interrupt that comes too early, which programs the rest: cheaper than a
    // register access for every cancelled time-out.
    if (earliest > _programmed)
        return;
    _programmed = earliest;
    arch::program_timer(earliest);
}

void timer_queue::insert(timer& t, const deadline& when)
{
    lock_guard guard{_lock};
    t._when = when;
    t._due = when.monotonic(); // under the lock, so that follow_wall_clock() comes before or after
    t._last_queue = this;
    t._queue.store(this, std::memory_order_release);
    _timers.insert(t);
    if (&this_cpu() == this)
        program_locked();
}

bool timer_queue::take_out_locked(timer& t)
{
    if (t._queue.load(std::memory_order_relaxed) != this)
        return false;
    _timers.erase(_timers.iterator_to(t));
    t._queue.store(nullptr, std::memory_order_release);
    return true;
}

bool timer_queue::take_out(timer& t)
{
    lock_guard guard{_lock};
    return take_out_locked(t);
}

bool timer_queue::remove(timer& t)
{
    bool was_armed = false;
    for (;;) {
        WITH_LOCK(_lock)
        {
            was_armed |= take_out_locked(t);
            // On its own CPU only the function itself can find it running.
            if (_running != &t || &this_cpu() == this)
                return was_armed;
        }
        arch::cpu_relax(); // its function runs on another CPU, bounded
    }
}

void timer_queue::expire()
{
    _lock.lock();
    _programmed = never;
    while (!_timers.empty()) {
        timer& t = *_timers.begin();
        if (t._due > now())
            break;
        _timers.erase(_timers.begin());
        t._queue.store(nullptr, std::memory_order_release);
        _running = &t;
        _lock.unlock();
        t._function(t); // may arm t again, here or on another queue
        _lock.lock();
        _running = nullptr;
    }
    program_locked();
    _lock.unlock();
}

void timer_queue::all_follow_wall_clock()
{
    this_cpu().follow_wall_clock();
    arch::call_on_cpus(
        sched::cpu_set::all(), [](void*) { this_cpu().follow_wall_clock(); }, nullptr);
}

bool timer::arm(const timekeeping::deadline& when)
{
    timer_queue* const queue = _queue.load(std::memory_order_acquire);
    const bool was_armed = queue && queue->take_out(*this);
    const auto state = arch::irq_save();
    timer_queue::this_cpu().insert(*this, when);
    arch::irq_restore(state);
    return was_armed;
}

bool timer::cancel()
{
    // A running function has taken the timer off its queue but not necessarily ended: ask where it last was.
    timer_queue* queue = _last_queue;
    return queue && queue->remove(*this);
}
} // namespace timekeeping
