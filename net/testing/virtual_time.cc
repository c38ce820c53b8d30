// The kernel's timers as a simulation; see virtual_time.hh.
#include "net/testing/virtual_time.hh"

#include "core/sched/deferred_work.hh"
#include "core/time/timer_queue.hh"

namespace
{
constexpr nanoseconds wall_clock_at_start = seconds(1'700'000'000);

constinit instant current{seconds(1000)};
constinit nanoseconds offset = wall_clock_at_start - seconds(1000);
constinit instant next_deadline = timekeeping::never;
constinit size_t armed = 0;
} // namespace

namespace timekeeping
{
instant now()
{
    return current;
}
nanoseconds wall_clock()
{
    return current.time_since_epoch() + offset;
}
nanoseconds wall_offset()
{
    return offset;
}
void set_wall_clock(nanoseconds since_epoch)
{
    offset = since_epoch - current.time_since_epoch();
    timer_queue::this_cpu().follow_wall_clock();
}

timer_queue& timer_queue::this_cpu()
{
    static timer_queue only;
    return only;
}

void timer_queue::program_locked()
{
    next_deadline = _timers.empty() ? never : _timers.begin()->_due;
}

void timer_queue::insert(timer& t, const deadline& when)
{
    lock_guard guard{_lock};
    t._when = when;
    t._due = when.monotonic(); // under the lock, so that follow_wall_clock() comes before or after
    t._last_queue = this;
    t._queue.store(this);
    _timers.insert(t);
    armed++;
    program_locked();
}

bool timer_queue::take_out_locked(timer& t)
{
    if (!t._queue.load())
        return false;
    _timers.erase(_timers.iterator_to(t));
    t._queue.store(nullptr);
    armed--;
    program_locked();
    return true;
}

bool timer_queue::take_out(timer& t)
{
    lock_guard guard{_lock};
    return take_out_locked(t);
}

bool timer_queue::remove(timer& t)
{
    return take_out(t);
}

void timer_queue::expire()
{
    _lock.lock();
    while (!_timers.empty() && _timers.begin()->_due <= now()) {
        timer& t = *_timers.begin();
        _timers.erase(_timers.begin());
        t._queue.store(nullptr);
        armed--;
        _lock.unlock();
        t._function(t);
        _lock.lock();
    }
    program_locked();
    _lock.unlock();
}

bool timer::arm(const timekeeping::deadline& when)
{
    const bool was_armed = cancel();
    timer_queue::this_cpu().insert(*this, when);
    return was_armed;
}

bool timer::cancel()
{
    timer_queue* queue = _last_queue;
    return queue && queue->remove(*this);
}
} // namespace timekeeping

namespace net::testing
{
void settle()
{
    do {
        sched::run_deferred_work();
        timekeeping::timer_queue::this_cpu().expire();
    } while (sched::deferred_work_pending());
}

bool step(instant limit)
{
    settle();
    if (next_deadline > limit) {
        current = limit;
        return false;
    }
    current = next_deadline > current ? next_deadline : current;
    settle();
    return true;
}

void run_for(nanoseconds duration)
{
    const instant end = current + duration;
    while (step(end)) {
    }
}

size_t armed_timers()
{
    return armed;
}
} // namespace net::testing
