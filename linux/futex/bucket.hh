// The hash table of threads that wait on futex words.
//
// A waiter lies on its thread's kernel stack and hangs in the bucket of its key. Whoever takes it out does so
// under the bucket's lock and wakes it before dropping the lock; waking is the last that he does to it, so a
// waiter that was woken goes away at once (thread_waiter::sleep). One whose sleep ended otherwise takes the
// bucket's lock once more. So a waker never touches a waiter, or a thread, that is gone. Two buckets are
// locked in the order of their addresses.
//
// A waker that finds `waiters` 0 need not lock: it has changed the word and then reads the count, the waiter
// counts itself and then reads the word, both with a full fence between.
#pragma once

#include <array>
#include <atomic>

#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "linux/abi/futex.hh"
#include "linux/futex/key.hh"
#include "linux/task/task.hh"

namespace linux
{
class futex_bucket;

/// How a wait on a PI futex ended, beside time-out and signal.
enum class futex_grant : u8 { none, owner };

struct futex_waiter : sched::thread_waiter {
    futex_waiter(task& waiting, const futex_key& waits_for, u32 wanted_bits)
        : thread(waiting), key(waits_for), bits(wanted_bits),
          priority(waiting.scheduling().realtime_priority), to_owner(waiting)
    {
    }

    /// Whether FUTEX_WAKE with this key and these bits is for it.
    bool is_meant(const futex_key& woken, u32 with_bits) const { return key == woken && (bits & with_bits); }

    task& thread;
    futex_key key;                // its bucket's lock
    u32 bits;                     // FUTEX_WAIT_BITSET; 0: waits to own a PI futex, FUTEX_WAKE is not for it
    u8 priority;                  // realtime priority: who goes first
    bool wants_ownership = false; // waits for a PI futex, which is handed to it
    bool moves_to_pi = false;     // FUTEX_WAIT_REQUEUE_PI, not moved yet
    futex_key move_target;        // where to
    futex_grant granted = futex_grant::none;
    int owner_tid = 0; // of the PI futex; its bucket's lock
    donation to_owner; // who inherits this thread's priority

    std::atomic<futex_bucket*> bucket{nullptr}; // changes under the old one's lock
    bool queued = false;                        // the bucket's lock
    futex_waiter* next = nullptr;               // the bucket's lock
    futex_waiter* previous = nullptr;           // the bucket's lock
};

class CAPABILITY("futex_bucket") futex_bucket
{
  public:
    constexpr futex_bucket() = default;

    void lock() ACQUIRE() NO_THREAD_SAFETY_ANALYSIS { _lock.lock(); }
    void unlock() RELEASE() NO_THREAD_SAFETY_ANALYSIS { _lock.unlock(); }

    /// Counts a waiter that is about to read the word.
    void announce() { _waiters.fetch_add(1, std::memory_order_seq_cst); }
    void withdraw() { _waiters.fetch_sub(1, std::memory_order_relaxed); }
    /// Whether nobody waits here; only after a full fence.
    bool is_empty() const { return _waiters.load(std::memory_order_relaxed) == 0; }

    /// Behind those of equal or higher priority. The waiter is announced already.
    void insert(futex_waiter& w) REQUIRES(this);
    /// Takes it out and no longer counts it.
    void remove(futex_waiter& w) REQUIRES(this);
    /// Takes it out and wakes it.
    void wake(futex_waiter& w) REQUIRES(this);

    /// The first waiter for `key` from `from` on (null: from the start), or null.
    futex_waiter* find(const futex_key& key, futex_waiter* after = nullptr) REQUIRES(this);
    futex_waiter* first() REQUIRES(this) { return _first; }

    /// Wakes up to `count` waiters for `key` whose bits meet `bits`. Returns how many.
    unsigned wake_waiters(futex_key key, unsigned count, u32 bits) REQUIRES(this);

  private:
    spinlock _lock{lock_rank::futex_bucket};
    std::atomic<u32> _waiters{0};
    futex_waiter* _first = nullptr;
    futex_waiter* _last = nullptr;
};

inline void futex_bucket::insert(futex_waiter& w)
{
    futex_waiter* before = _last;
    while (before && before->priority < w.priority)
        before = before->previous;
    w.previous = before;
    w.next = before ? before->next : _first;
    (w.next ? w.next->previous : _last) = &w;
    (before ? before->next : _first) = &w;
    w.queued = true;
    w.bucket.store(this, std::memory_order_relaxed);
}

inline void futex_bucket::remove(futex_waiter& w)
{
    (w.previous ? w.previous->next : _first) = w.next;
    (w.next ? w.next->previous : _last) = w.previous;
    w.queued = false;
    withdraw();
}

inline void futex_bucket::wake(futex_waiter& w)
{
    remove(w);
    w.wake_directly();
}

inline constexpr size_t futex_bucket_count = 256;
extern constinit std::array<futex_bucket, futex_bucket_count> futex_buckets;

inline futex_bucket& bucket_of(futex_key key)
{
    return futex_buckets[hash_futex_key(reinterpret_cast<u64>(key.object), key.offset, futex_bucket_count)];
}

/// Takes a waiter out wherever it hangs now, if its sleep did not end by being woken. False if somebody has
/// woken it meanwhile; then he is done with it, too.
bool leave_bucket(futex_waiter& w);

/// Both buckets locked, in order; one bucket only once.
class CAPABILITY("futex_bucket") futex_bucket_pair
{
  public:
    futex_bucket_pair(futex_bucket& a, futex_bucket& b) NO_THREAD_SAFETY_ANALYSIS;
    ~futex_bucket_pair() NO_THREAD_SAFETY_ANALYSIS;
    futex_bucket_pair(const futex_bucket_pair&) = delete;
    futex_bucket_pair& operator=(const futex_bucket_pair&) = delete;

  private:
    futex_bucket& _first;
    futex_bucket* _second; // null if both are one
};
} // namespace linux
