// One of 64 parts of the table of flows, with a lock of its own; it grows alone.
//
// Also the queue of its flows in TIME_WAIT, which all live equally long, and the timer that ends them.
#pragma once

#include "core/base/make_unique.hh"
#include "core/sync/spinlock.hh"
#include "core/time/timer.hh"
#include "net/tcp/flow.hh"
#include "net/tcp/time_wait.hh"

namespace net::tcp
{
class shard : timekeeping::timer
{
  public:
    shard();

    /// Whoever looks something up holds the lock until it has counted a reference to what it found.
    spinlock lock{lock_rank::socket_table};

    flow* find_locked(const four_tuple& tuple, u32 hash) REQUIRES(lock);

    /// The caller gives a reference along with a connection. Errors: eaddrinuse (the four numbers are taken),
    /// enomem.
    result<void> insert_locked(flow& f, u32 hash) REQUIRES(lock);
    /// Whether it was there.
    bool remove_locked(flow& f) REQUIRES(lock);
    /// Puts `other`, which has the same four numbers, where `f` is.
    void replace_locked(flow& f, flow& other) REQUIRES(lock);

    /// An entry of TIME_WAIT begins its time, also again.
    void start_time_wait_locked(time_wait& entry) REQUIRES(lock);
    /// Takes an entry out of everything but its port's list; the caller owns it now.
    void remove_time_wait_locked(time_wait& entry) REQUIRES(lock);

    /// Calls visit(flow&) for each, under the lock.
    template <class Visit>
    void for_each(Visit visit)
    {
        lock_guard guard{lock};
        for (u32 i = 0; _buckets && i <= _mask; i++)
            for (flow* f = _buckets[i]; f; f = f->_next)
                visit(*f);
    }

  private:
    static constexpr u32 first_buckets = 16;
    /// Entries that one timer interrupt ends.
    static constexpr unsigned entries_at_once = 64;

    result<void> grow_locked() REQUIRES(lock);
    flow** place_of(const flow& f) REQUIRES(lock);
    static void time_wait_over(timekeeping::timer& t);

    unique_ptr<flow*[]> _buckets GUARDED_BY(lock);
    u32 _mask GUARDED_BY(lock) = 0;
    u32 _count GUARDED_BY(lock) = 0;
    // The oldest first; the timer is armed under the lock, for the oldest or earlier.
    time_wait::queue _time_wait GUARDED_BY(lock);
};
} // namespace net::tcp
