// Readers and writers; see rwlock.hh.
#include "core/sync/rwlock.hh"

#include "core/sched/assert_context.hh"

void rwlock::lock()
{
    sched::assert_may_block();
    sync_debug::check_sleeping_lock_order(_rank);
    lock_guard guard{_lock};
    _waiting_writers++;
    static_cast<void>(
        wait_until(_writer_queue, _lock, [this]() REQUIRES(_lock) { return !_writing && _readers == 0; }));
    _waiting_writers--;
    _writing = true;
    sync_debug::acquired_sleeping_lock(_rank);
}

void rwlock::unlock()
{
    sync_debug::released_sleeping_lock(_rank);
    bool writers;
    WITH_LOCK(_lock)
    {
        _writing = false;
        writers = _waiting_writers != 0;
    }
    if (writers)
        _writer_queue.wake_one();
    else
        _reader_queue.wake_all();
}

void rwlock::lock_shared()
{
    sched::assert_may_block();
    sync_debug::check_sleeping_lock_order(_rank);
    lock_guard guard{_lock};
    static_cast<void>(wait_until(_reader_queue, _lock,
                                 [this]() REQUIRES(_lock) { return !_writing && _waiting_writers == 0; }));
    _readers++;
    sync_debug::acquired_sleeping_lock(_rank);
}

void rwlock::unlock_shared()
{
    sync_debug::released_sleeping_lock(_rank);
    bool last;
    WITH_LOCK(_lock)
    last = --_readers == 0 && _waiting_writers != 0;
    if (last)
        _writer_queue.wake_one();
}

bool rwlock::held_exclusively() const NO_THREAD_SAFETY_ANALYSIS // for asserts of the holder itself
{
    return _writing;
}
