// The locks of two connections, the lower address first, so that no two threads wait for each other.
#pragma once

#include "core/sync/spinlock.hh"

namespace net::tcp
{
class SCOPED_CAPABILITY [[nodiscard]] two_locks
{
  public:
    two_locks(spinlock& a, spinlock& b) ACQUIRE(a, b) NO_THREAD_SAFETY_ANALYSIS : _first(&a < &b ? a : b),
                                                                                  _second(&a < &b ? b : a)
    {
        _first.lock();
        _second.lock();
    }
    ~two_locks() RELEASE() NO_THREAD_SAFETY_ANALYSIS
    {
        _second.unlock();
        _first.unlock();
    }
    two_locks(const two_locks&) = delete;
    two_locks& operator=(const two_locks&) = delete;

  private:
    spinlock &_first, &_second;
};
} // namespace net::tcp
