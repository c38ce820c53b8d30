// The program's resource limits (getrlimit(2)): 16 pairs, read without a lock.
//
// NOFILE, STACK (at start), AS, DATA, FSIZE, SIGPENDING and RTPRIO are enforced where they apply; the rest
// are kept and reported.
#pragma once

#include <array>
#include <atomic>

#include "linux/abi/resource.hh"

namespace linux
{
class resource_limits
{
  public:
    resource_limits();

    u64 current(unsigned resource) const { return _pairs[resource].current.load(std::memory_order_relaxed); }
    rlimit get(unsigned resource) const
    {
        return {current(resource), _pairs[resource].maximum.load(std::memory_order_relaxed)};
    }
    void set(unsigned resource, const rlimit& limit)
    {
        _pairs[resource].current.store(limit.current, std::memory_order_relaxed);
        _pairs[resource].maximum.store(limit.maximum, std::memory_order_relaxed);
    }

  private:
    struct pair {
        std::atomic<u64> current;
        std::atomic<u64> maximum;
    };
    std::array<pair, rlimit_count> _pairs;
};
} // namespace linux
