// A lock for short sections in any context: it turns interrupts off while it is held.
//
// Nothing under a spinlock may sleep, touch application memory or take a sleeping lock. Kernel code is never
// preempted, so on one CPU the lock word is uncontended and costs one exchange.
#pragma once

#include <atomic>

#include "arch/cpu.hh"
#include "core/base/annotations.hh"
#include "core/base/assert.hh"
#include "core/base/types.hh"
#include "core/sync/guard.hh"
#include "core/sync/rank.hh"
#include "core/sync/rank_check.hh"

class CAPABILITY("spinlock") spinlock
{
  public:
    constexpr explicit spinlock(lock_rank rank) : _rank(rank) {}
    spinlock(const spinlock&) = delete;
    spinlock& operator=(const spinlock&) = delete;

    void lock() ACQUIRE()
    {
        const auto state = arch::irq_save();
        take();
        _state = state;
        sync_debug::acquired_spinlock(_rank);
    }

    bool try_lock() TRY_ACQUIRE(true)
    {
        const auto state = arch::irq_save();
        if (_held.exchange(true, std::memory_order_acquire)) {
            arch::irq_restore(state);
            return false;
        }
        _state = state;
        sync_debug::acquired_spinlock(_rank);
        return true;
    }

    void unlock() RELEASE()
    {
        sync_debug::released_spinlock(_rank);
        const auto state = _state;
        _held.store(false, std::memory_order_release);
        arch::irq_restore(state);
    }

    /// The same for who has interrupts off and leaves them so: nothing to save and to restore. Each lock is
    /// given up by the form that took it.
    void lock_irqs_off() ACQUIRE()
    {
        assert(!arch::irqs_enabled());
        take();
        sync_debug::acquired_spinlock(_rank);
    }
    void unlock_irqs_off() RELEASE()
    {
        sync_debug::released_spinlock(_rank);
        _held.store(false, std::memory_order_release);
    }

    bool is_locked() const { return _held.load(std::memory_order_relaxed); }

  private:
    void take()
    {
        sync_debug::check_spinlock_order(_rank);
        while (_held.exchange(true, std::memory_order_acquire)) // pairs with unlock()
            [[unlikely]] while (_held.load(std::memory_order_relaxed)) arch::cpu_relax();
    }

    std::atomic<bool> _held{false};
    [[no_unique_address, maybe_unused]] remembered_rank _rank;
    arch::irq_state _state{}; // of the holder
};
