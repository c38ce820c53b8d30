// Entering, leaving and waking; see wait_queue.hh.
#include "core/sync/wait_queue.hh"

void wait_queue::add(waiter& w, bool exclusive)
{
    lock_guard guard{_lock};
    assert(!w._queued);
    w._exclusive = exclusive;
    w._queued = true;
    // Who hears everything stands before who takes an event away, so that wake() meets them all.
    w._next = exclusive ? nullptr : _first;
    w._previous = exclusive ? _last : nullptr;
    (w._previous ? w._previous->_next : _first) = &w;
    (w._next ? w._next->_previous : _last) = &w;
    _occupied.store(true, std::memory_order_relaxed);
}

void wait_queue::unlink_locked(waiter& w)
{
    (w._previous ? w._previous->_next : _first) = w._next;
    (w._next ? w._next->_previous : _last) = w._previous;
    w._queued = false;
    _occupied.store(_first != nullptr, std::memory_order_relaxed);
}

void wait_queue::remove(waiter& w)
{
    lock_guard guard{_lock};
    if (w._queued)
        unlink_locked(w);
}

inline waiter::reaction wait_queue::wake_locked(waiter& w, u32 key)
{
    if (w._departure == waiter::departure::before_it_wakes) {
        unlink_locked(w);
        return w._wake(w, key);
    }
    const auto did = w._wake(w, key);
    if (did == waiter::reaction::taken)
        unlink_locked(w);
    return did;
}

bool wait_queue::wake(u32 key, unsigned exclusive_limit)
{
    lock_guard guard{_lock};
    bool woke_exclusive = false;
    for (waiter* w = _first; w && exclusive_limit != 0;) {
        waiter* const next = w->_next;
        const bool exclusive = w->_exclusive; // it may be gone afterwards
        if (wake_locked(*w, key) != waiter::reaction::passed_on && exclusive) {
            woke_exclusive = true;
            exclusive_limit--;
        }
        w = next;
    }
    return woke_exclusive;
}
