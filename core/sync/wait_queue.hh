// Waiting: the one primitive under mutexes, conditions, futexes, poll and joins.
//
// A wait_queue is the list of those who want to hear of one event. Whoever makes the event true calls
// wake_one() or wake_all(), from any context. Who waits is a `waiter`: usually a thread (wait_until below),
// but poll and epoll hang waiters of their own here, whose wake function runs under the queue's lock with
// interrupts off.
//
// wait_until(queue, lock, predicate) sleeps until predicate() holds. It is called with `lock` held and
// returns with it held; the predicate runs under it. The waiter enters the queue before `lock` is dropped, so
// a waker that changes the state under `lock` and then wakes is never missed.
//
//     lock_guard guard{_lock};
//     TRY(wait_until(_readable, _lock, [&]() REQUIRES(_lock) { return _bytes > 0; }, {.interruptible =
//     true}));
#pragma once

#include "core/base/result.hh"
#include "core/sync/spinlock.hh"
#include "core/time/deadline.hh"

namespace sched
{
class thread;
}

/// One who waits. Its owner keeps it alive until it has been removed from its queue.
class waiter
{
  public:
    /// What became of an event: who takes it counts for wake_one(), and leaves the queue or stays in it.
    enum class reaction : u8 { passed_on, taken, taken_and_stays };
    /// Told of an event (`key` is what the waker passed: poll event bits, or ~0). Runs under the queue's
    /// lock.
    using wake_function = reaction (*)(waiter&, u32 key);

    /// Whether it is taken out of its queue before its wake function runs, which then takes every event and
    /// may be the end of the waiter.
    enum class departure : u8 { as_it_reacts, before_it_wakes };

    constexpr explicit waiter(wake_function wake, departure how = departure::as_it_reacts)
        : _wake(wake), _departure(how)
    {
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    bool is_queued() const { return _queued; }

  private:
    friend class wait_queue;
    wake_function _wake;
    const departure _departure;
    bool _queued = false; // under the queue's lock
    bool _exclusive = true;
    // Linked by hand: locks are constant-initialised globals, which Boost's lists cannot be. The queue's
    // lock.
    waiter* _next = nullptr;
    waiter* _previous = nullptr;
};

class wait_queue
{
  public:
    constexpr wait_queue() = default;
    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    /// A waiter that is not exclusive hears every wake-up (poll) and enters at the head; an exclusive one
    /// hears only its turn and enters at the tail.
    void add(waiter& w, bool exclusive = true);

    /// Leaves; harmless if it is no longer queued. After this the wake function does not run any more.
    void remove(waiter& w);

    /// Wakes all that are not exclusive and the first that is. Returns whether an exclusive waiter was woken.
    bool wake_one(u32 key = ~0u) { return is_worth_waking() && wake(key, 1); }
    void wake_all(u32 key = ~0u)
    {
        if (is_worth_waking())
            wake(key, ~0u);
    }

    /// Whether nobody waits; only a hint unless the caller's own lock excludes new waiters.
    bool empty() const { return !_occupied.load(std::memory_order_relaxed); }

    /// Counts wake-ups, also of nobody. Who reads it, finds nothing to do, enters the queue, and reads the
    /// same again, has missed none.
    u32 wakes() const { return _wakes.load(std::memory_order_acquire); }

  private:
    /// Counts the wake-up; whether somebody waits.
    bool is_worth_waking()
    {
        // Pairs with the fence of the waiter: either it sees the new state (and the count) or we see it
        // queued.
        _wakes.fetch_add(1, std::memory_order_seq_cst);
        return !empty();
    }
    bool wake(u32 key, unsigned exclusive_limit);
    waiter::reaction wake_locked(waiter& w, u32 key) REQUIRES(_lock);
    void unlink_locked(waiter& w) REQUIRES(_lock);

    spinlock _lock{lock_rank::wait_queue};
    // Mirrors _first != nullptr for wakers that look without the lock. Such a waker changes the state, then
    // reads this; the waiter enters, then reads the state: both sides have a full fence between.
    std::atomic<bool> _occupied{false};
    std::atomic<u32> _wakes{0};
    waiter* _first GUARDED_BY(_lock) = nullptr;
    waiter* _last GUARDED_BY(_lock) = nullptr;
};

struct wait_options {
    timekeeping::deadline deadline{};
    bool interruptible = false; // a signal ends the wait with errc::eintr
    bool exclusive = true;      // false: hears every wake-up, and takes no event away from others
};

namespace sched
{
/// A thread as a waiter; what wait_until() puts in the queue.
class thread_waiter : public waiter
{
  public:
    thread_waiter() : waiter(&wake_thread, departure::before_it_wakes), _thread(*arch::current_thread()) {}

    /// Sleeps until the wake function has run, the deadline has passed or (if interruptible) a signal is
    /// pending. Without an error it has left its queue and the waker is done with it; with one the owner has
    /// to take it out. Errors: etimedout, eintr.
    result<void> sleep(const wait_options& options);
    /// The same without a deadline. Errors: eintr.
    result<void> sleep_interruptibly();
    void rearm() { _woken = false; }

    /// Ends sleep() for those who keep waiters in lists of their own (futexes); from any context.
    void wake_directly() { wake_thread(*this, 0); }

  private:
    friend class cpu;
    class alarm;

    static reaction wake_thread(waiter& w, u32 key);
    result<void> sleep_until_woken();
    result<void> sleep_until_deadline(const timekeeping::deadline& deadline);
    void block();
    /// Why sleep() goes on sleeping. The scheduler asks again under the run queue's lock, under which a waker
    /// sets `_woken`, as the last it does to the waiter.
    bool must_sleep() const;

    thread& _thread;
    std::atomic<bool> _woken{false};
    std::atomic<bool> _alarm_rang{false};
};
} // namespace sched

/// See above. Errors: etimedout if the deadline passes first, eintr if a signal comes first.
template <class Lock, class Predicate>
result<void> wait_until(wait_queue& queue, Lock& lock, Predicate predicate, const wait_options& options = {})
    REQUIRES(lock) NO_THREAD_SAFETY_ANALYSIS // the predicate names the caller's lock by another expression
{
    while (!predicate()) {
        sched::thread_waiter self;
        queue.add(self, options.exclusive);
        lock.unlock();
        const auto slept = self.sleep(options);
        if (!slept)
            queue.remove(self);
        lock.lock();
        if (!slept) {
            if (predicate())
                break;
            return fail(slept.error());
        }
    }
    return {};
}

/// Waits without a lock for a condition that is made true by an atomic store before the wake-up.
template <class Predicate>
result<void> wait_until(wait_queue& queue, Predicate predicate, const wait_options& options = {})
{
    for (;;) {
        sched::thread_waiter self;
        queue.add(self, options.exclusive);
        std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the condition is read
        if (predicate()) {
            queue.remove(self);
            return {};
        }
        const auto slept = self.sleep(options);
        if (!slept)
            queue.remove(self);
        if (predicate())
            return {};
        if (!slept)
            return fail(slept.error());
    }
}
