// Debug builds: where the ranks of held locks are kept, and the context that a lock may be taken in.
//
// Sleeping locks are kept per thread, spinlocks per CPU (no thread can lose the CPU while it holds one).
#ifdef KILN_DEBUG

#include "core/sync/rank_check.hh"

#include <array>

#include "arch/cpu.hh"
#include "core/base/assert.hh"
#include "core/log.hh"
#include "core/sched/affinity.hh"
#include "core/sched/assert_context.hh"
#include "core/sched/thread.hh"
#include "core/sync/held_ranks.hh"

namespace
{
constinit std::array<held_ranks, sched::max_cpus> held_spinlocks{};
constinit held_ranks held_before_threads{}; // by start-up, which is no thread yet

held_ranks& spinlocks_here()
{
    return held_spinlocks[arch::current_cpu()];
}

held_ranks& sleeping_locks_of_thread()
{
    return arch::current_thread() ? sched::current().held_sleeping_locks() : held_before_threads;
}

void assert_none(const held_ranks& held, const char* what)
{
    if (held.empty())
        return;
    klog::line("a lock of rank {} is held", static_cast<unsigned>(held.last()));
    panic(what);
}
} // namespace

namespace sync_debug
{
void check_spinlock_order(remembered_rank rank)
{
    spinlocks_here().check_order(rank.value);
}

void acquired_spinlock(remembered_rank rank)
{
    spinlocks_here().add(rank.value);
}

void released_spinlock(remembered_rank rank)
{
    spinlocks_here().remove(rank.value);
}

void check_sleeping_lock_order(remembered_rank rank)
{
    sleeping_locks_of_thread().check_order(rank.value);
}

void acquired_sleeping_lock(remembered_rank rank)
{
    sleeping_locks_of_thread().add(rank.value);
}

void released_sleeping_lock(remembered_rank rank)
{
    sleeping_locks_of_thread().remove(rank.value);
}

void assert_no_lock_held()
{
    assert_none(spinlocks_here(), "a thread leaves the kernel with a spinlock held");
    assert_none(sleeping_locks_of_thread(), "a thread leaves the kernel with a sleeping lock held");
}
} // namespace sync_debug

namespace sched
{
void assert_may_block()
{
    assert_none(spinlocks_here(), "sleeping with a spinlock held");
    if (arch::current_thread() && !arch::irqs_enabled())
        panic("sleeping with interrupts off");
}
} // namespace sched

#endif
