// What setting the wall clock does to the timers that wait for it.
#include "core/time/timer_queue.hh"

namespace timekeeping
{
void timer_queue::follow_wall_clock()
{
    lock_guard guard{_lock};
    tree moved;
    for (auto it = _timers.begin(); it != _timers.end();) {
        timer& t = *it;
        if (!t._when.is_on_wall_clock()) {
            ++it;
            continue;
        }
        it = _timers.erase(it);
        t._due = t._when.monotonic();
        moved.insert(t);
    }
    while (!moved.empty()) {
        timer& t = *moved.begin();
        moved.erase(moved.begin());
        _timers.insert(t);
    }
    program_locked();
}
} // namespace timekeeping
