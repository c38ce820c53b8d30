// The slow paths of the mutex: hand-over is by competition, and waiters queue in FIFO order.
#include "core/sync/mutex.hh"

#include "core/sched/assert_context.hh"

#ifdef KILN_DEBUG
namespace sync_debug
{
void acquired_sleeping_lock(lock_rank rank);
void released_sleeping_lock(lock_rank rank);
} // namespace sync_debug
#endif

namespace
{
constexpr u64 contended = 1;

u64 me()
{
    return reinterpret_cast<u64>(arch::current_thread());
}
} // namespace

bool mutex::held_by_me() const
{
    return (_owner.load(std::memory_order_relaxed) & ~contended) == me();
}

void mutex::lock()
{
    sched::assert_may_block();
    assert(!held_by_me());
    u64 nobody = 0;
    if (!_owner.compare_exchange_strong(nobody, me(), std::memory_order_acquire)) [[unlikely]]
        lock_slow();
#ifdef KILN_DEBUG
    sync_debug::acquired_sleeping_lock(_rank.value);
#endif
}

bool mutex::try_lock()
{
    u64 nobody = 0;
    if (!_owner.compare_exchange_strong(nobody, me(), std::memory_order_acquire))
        return false;
#ifdef KILN_DEBUG
    sync_debug::acquired_sleeping_lock(_rank.value);
#endif
    return true;
}

void mutex::lock_slow()
{
    // Whoever has waited takes the lock with the contended bit set, since others may still be queued.
    const auto taken = [this] {
        u64 owner = _owner.load(std::memory_order_relaxed);
        for (;;) {
            if ((owner & ~contended) == 0) {
                if (_owner.compare_exchange_weak(owner, me() | contended, std::memory_order_acquire))
                    return true;
            } else if (owner & contended) {
                return false;
            } else if (_owner.compare_exchange_weak(owner, owner | contended, std::memory_order_relaxed)) {
                return false;
            }
        }
    };
    static_cast<void>(wait_until(_waiters, taken));
}

void mutex::unlock()
{
    assert(held_by_me());
#ifdef KILN_DEBUG
    sync_debug::released_sleeping_lock(_rank.value);
#endif
    u64 alone = me();
    if (!_owner.compare_exchange_strong(alone, 0, std::memory_order_release)) [[unlikely]]
        unlock_slow();
}

void mutex::unlock_slow()
{
    _owner.store(0, std::memory_order_release);
    _waiters.wake_one();
}
