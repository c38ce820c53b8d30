// The ranks of the locks that one thread (sleeping locks) or one CPU (spinlocks) holds, for debug builds.
//
// Order is checked before a lock is waited for, so that the wrong order is found on every machine and not
// only where two threads meet. What try_lock() takes is held like any other, but cannot wait and needs no
// order.
#pragma once

#include <array>

#include "core/sync/rank.hh"

class held_ranks
{
  public:
    /// Panics with both ranks if what is held forbids waiting for a lock of this rank.
    void check_order(lock_rank rank) const;
    void add(lock_rank rank);
    /// The last one of this rank; panics if there is none.
    void remove(lock_rank rank);
    bool empty() const { return _count == 0; }
    /// Of the lock that was taken last; not if it is empty.
    lock_rank last() const { return _ranks[_count - 1]; }

  private:
    static constexpr size_t most_held = 16;

    std::array<lock_rank, most_held> _ranks{};
    size_t _count = 0;
};
