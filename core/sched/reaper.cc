// A lock-free stack of dead threads; see reaper.hh.
#include "core/sched/reaper.hh"

#include <atomic>

#include "core/sched/attention.hh"
#include "core/sched/thread.hh"

namespace sched
{
namespace
{
constinit std::atomic<thread*> dead_list{nullptr};
}

void bury(thread& dead)
{
    dead._next_dead = dead_list.load(std::memory_order_relaxed);
    // Pairs with the acquire in reap_dead_threads(): who takes the list sees the thread's last writes.
    while (!dead_list.compare_exchange_weak(dead._next_dead, &dead, std::memory_order_release))
        ;
    current().context().attention().fetch_or(attention::dead_threads, std::memory_order_relaxed);
}

void reap_dead_threads()
{
    thread* t = dead_list.exchange(nullptr, std::memory_order_acquire);
    while (t) {
        thread* const next = t->_next_dead;
        t->release();
        t = next;
    }
}
} // namespace sched
