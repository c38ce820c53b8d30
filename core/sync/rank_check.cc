// Debug builds: the ranks of the locks that each thread and each CPU holds, and the alarm when their order is
// broken.
//
// Sleeping locks are tracked per thread, spinlocks per CPU (no thread can lose the CPU while it holds one).
#ifdef KILN_DEBUG

#include <array>

#include "arch/cpu.hh"
#include "arch/smp.hh"
#include "core/base/assert.hh"
#include "core/log.hh"
#include "core/sched/affinity.hh"
#include "core/sched/assert_context.hh"
#include "core/sync/rank.hh"

namespace
{
constexpr size_t most_held = 16;

struct held_ranks {
    std::array<lock_rank, most_held> ranks{};
    size_t count = 0;
};

constinit std::array<held_ranks, sched::max_cpus> held_spinlocks{};

// Two locks of one rank may be held together: queues of two CPUs, two futex buckets (lower address first),
// parent and child directory.
bool may_repeat(lock_rank r)
{
    return r == lock_rank::run_queue || r == lock_rank::directory || r == lock_rank::pipe ||
           r == lock_rank::epoll || r == lock_rank::file_write || r == lock_rank::wait_queue ||
           r == lock_rank::futex_bucket;
}
} // namespace

namespace sync_debug
{
void acquired_spinlock(lock_rank rank)
{
    auto& held = held_spinlocks[arch::current_cpu()];
    if (held.count == most_held)
        panic("too many spinlocks held");
    for (size_t i = 0; i < held.count; i++)
        if (held.ranks[i] > rank || (held.ranks[i] == rank && !may_repeat(rank))) {
            klog::line("lock rank {} taken while {} is held", static_cast<unsigned>(rank),
                       static_cast<unsigned>(held.ranks[i]));
            panic("spinlock rank order");
        }
    held.ranks[held.count++] = rank;
}

void released_spinlock(lock_rank rank)
{
    auto& held = held_spinlocks[arch::current_cpu()];
    for (size_t i = held.count; i-- > 0;)
        if (held.ranks[i] == rank) {
            for (size_t j = i + 1; j < held.count; j++)
                held.ranks[j - 1] = held.ranks[j];
            held.count--;
            return;
        }
    panic("a spinlock was released that this CPU does not hold");
}

void acquired_sleeping_lock(lock_rank) {}
void released_sleeping_lock(lock_rank) {}
} // namespace sync_debug

namespace sched
{
void assert_may_block()
{
    if (held_spinlocks[arch::current_cpu()].count != 0)
        panic("sleeping with a spinlock held");
    if (arch::current_thread() && !arch::irqs_enabled())
        panic("sleeping with interrupts off");
}
} // namespace sched

#endif
