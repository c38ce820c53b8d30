// A sleeping lock: the holder may block; waiters sleep in FIFO order.
//
// Thread context only. The uncontended path is one compare-and-swap. Not recursive; debug builds check the
// owner and the rank.
#pragma once

#include <atomic>

#include "core/base/annotations.hh"
#include "core/sync/guard.hh"
#include "core/sync/rank.hh"
#include "core/sync/rank_check.hh"
#include "core/sync/wait_queue.hh"

class CAPABILITY("mutex") mutex
{
  public:
    constexpr explicit mutex(lock_rank rank) : _rank(rank) {}
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock() ACQUIRE();
    bool try_lock() TRY_ACQUIRE(true);
    void unlock() RELEASE();

    /// Debug builds panic if the calling thread may not wait for it now; for who tries before he waits.
    void assert_may_lock() const;

    /// Whether the calling thread holds it; for asserts.
    bool held_by_me() const;

  private:
    void lock_slow();
    void unlock_slow();

    // The owning thread's address; bit 0 says that somebody waits.
    std::atomic<u64> _owner{0};
    wait_queue _waiters;
    [[no_unique_address, maybe_unused]] remembered_rank _rank;
};
