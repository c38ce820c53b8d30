// Scoped locking: `lock_guard guard{_lock};` or `WITH_LOCK(_lock) { ... }`.
// An own guard, because clang's thread-safety analysis does not understand std::lock_guard.
#pragma once

#include "core/base/annotations.hh"

template <class Lock>
class SCOPED_CAPABILITY [[nodiscard]] lock_guard
{
  public:
    explicit lock_guard(Lock& lock) ACQUIRE(lock) : _lock(lock) { _lock.lock(); }
    ~lock_guard() RELEASE() { _lock.unlock(); }
    lock_guard(const lock_guard&) = delete;
    lock_guard& operator=(const lock_guard&) = delete;

  private:
    Lock& _lock;
};

/// Holds a reader's share of an rwlock.
template <class Lock>
class SCOPED_CAPABILITY [[nodiscard]] shared_guard
{
  public:
    explicit shared_guard(Lock& lock) ACQUIRE_SHARED(lock) : _lock(lock) { _lock.lock_shared(); }
    ~shared_guard() RELEASE() { _lock.unlock_shared(); }
    shared_guard(const shared_guard&) = delete;
    shared_guard& operator=(const shared_guard&) = delete;

  private:
    Lock& _lock;
};

#define WITH_LOCK(lock) if (lock_guard with_lock_guard_{lock}; true)
