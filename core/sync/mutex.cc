// The slow paths of the mutex: hand-over is by competition, and waiters queue in FIFO order.
#include "core/sync/mutex.hh"

#include "core/sched/assert_context.hh"

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

void mutex::assert_may_lock() const
{
    sched::assert_may_block();
    assert(!held_by_me());
    sync_debug::check_sleeping_lock_order(_rank);
}

void mutex::lock()
{
    assert_may_lock();
    u64 nobody = 0;
    if (!_owner.compare_exchange_strong(nobody, me(), std::memory_order_acquire)) [[unlikely]]
        lock_slow();
    sync_debug::acquired_sleeping_lock(_rank);
}

bool mutex::try_lock()
{
    u64 nobody = 0;
    if (!_owner.compare_exchange_strong(nobody, me(), std::memory_order_acquire))
        return false;
    sync_debug::acquired_sleeping_lock(_rank);
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
    sync_debug::released_sleeping_lock(_rank);
    u64 alone = me();
    if (!_owner.compare_exchange_strong(alone, 0, std::memory_order_release)) [[unlikely]]
        unlock_slow();
}

void mutex::unlock_slow()
{
    _owner.store(0, std::memory_order_release);
    _waiters.wake_one();
}
