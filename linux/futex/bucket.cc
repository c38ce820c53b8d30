// Queues of futex waiters; see bucket.hh.
#include "linux/futex/bucket.hh"

namespace linux
{
constinit std::array<futex_bucket, futex_bucket_count> futex_buckets;

futex_waiter* futex_bucket::find(const futex_key& key, futex_waiter* after)
{
    futex_waiter* w = after ? after->next : _first;
    while (w && !(w->key == key))
        w = w->next;
    return w;
}

unsigned futex_bucket::wake_waiters(futex_key key, unsigned count, u32 bits)
{
    unsigned woken = 0;
    for (futex_waiter* w = _first; w && woken < count;) {
        futex_waiter* const next = w->next;
        if (w->is_meant(key, bits)) {
            wake(*w);
            woken++;
        }
        w = next;
    }
    return woken;
}

bool leave_bucket(futex_waiter& w)
{
    for (;;) {
        auto& bucket = *w.bucket.load(std::memory_order_relaxed);
        lock_guard guard{bucket};
        if (w.bucket.load(std::memory_order_relaxed) != &bucket)
            continue; // moved while we waited for the lock
        if (!w.queued)
            return false;
        bucket.remove(w);
        if (w.wants_ownership) {
            lock_guard inheritance{inheritance_lock};
            inheritor::withdraw(w.to_owner);
        }
        return true;
    }
}

futex_bucket_pair::futex_bucket_pair(futex_bucket& a, futex_bucket& b)
    : _first(&a < &b ? a : b), _second(&a == &b  ? nullptr
                                       : &a < &b ? &b
                                                 : &a)
{
    _first.lock();
    if (_second)
        _second->lock();
}

futex_bucket_pair::~futex_bucket_pair()
{
    if (_second)
        _second->unlock();
    _first.unlock();
}
} // namespace linux
