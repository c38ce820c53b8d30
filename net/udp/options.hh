// The numbers that a datagram socket keeps: one word each, readable without a lock.
#pragma once

#include <array>

#include "core/base/result.hh"
#include "net/socket/socket.hh"

namespace net
{
class datagram_options
{
  public:
    datagram_options();

    s32 operator[](option o) const { return _values[index(o)].load(std::memory_order_relaxed); }
    bool on(option o) const { return (*this)[o] != 0; }

    /// Checks the range and stores. Errors: enoprotoopt (not for datagrams), einval.
    result<void> set(option o, s64 value, net::family f);
    result<s64> get(option o, net::family f) const;

    /// IP_MTU_DISCOVER (ip(7)).
    enum : s32 { discover_never = 0, discover_want = 1, discover_do = 2, discover_probe = 3 };

  private:
    static constexpr size_t count = static_cast<size_t>(option::udp_gro) + 1;
    static size_t index(option o) { return static_cast<size_t>(o); }
    void store(option o, s32 value) { _values[index(o)].store(value, std::memory_order_relaxed); }

    std::array<std::atomic<s32>, count> _values{};
};
} // namespace net
