// Many readers or one writer, sleeping; writers go first, so that readers cannot starve them.
#pragma once

#include "core/base/annotations.hh"
#include "core/sync/guard.hh"
#include "core/sync/rank.hh"
#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"

class CAPABILITY("rwlock") rwlock
{
  public:
    constexpr explicit rwlock(lock_rank rank) : _rank(rank) {}
    rwlock(const rwlock&) = delete;
    rwlock& operator=(const rwlock&) = delete;

    void lock() ACQUIRE();
    void unlock() RELEASE();
    void lock_shared() ACQUIRE_SHARED();
    void unlock_shared() RELEASE_SHARED();

    bool held_exclusively() const;

  private:
    spinlock _lock{lock_rank::wait_queue};
    unsigned _readers GUARDED_BY(_lock) = 0;
    unsigned _waiting_writers GUARDED_BY(_lock) = 0;
    bool _writing GUARDED_BY(_lock) = false;
    wait_queue _reader_queue;
    wait_queue _writer_queue;
    [[no_unique_address, maybe_unused]] remembered_rank _rank;
};
