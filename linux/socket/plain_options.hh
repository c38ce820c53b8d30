// Options of SOL_SOCKET that every socket remembers, whether or not they mean something to its family.
// Source: socket(7), net/core/sock.c for sizes and limits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>

#include "core/base/result.hh"
#include "linux/abi/socket.hh"

namespace linux
{
/// The int that most options are. Errors: einval if it is not all there.
inline result<s32> option_number(std::span<const std::byte> value)
{
    s32 number;
    if (value.size() < sizeof number)
        return fail(errc::einval);
    std::memcpy(&number, value.data(), sizeof number);
    return number;
}

/// Writes as much of `answer` as there is room for.
template <class T>
size_t give_option(std::span<std::byte> out, const T& answer)
{
    const size_t length = std::min(out.size(), sizeof answer);
    std::memcpy(out.data(), &answer, length);
    return length;
}

/// What SO_SNDBUF and SO_RCVBUF become: the double, because of what Linux counts beside the data.
inline u32 buffer_size_of(s32 wanted, u32 least)
{
    const u32 asked = std::min(static_cast<u32>(wanted), most_socket_buffer);
    return std::max(asked * 2, least);
}

class plain_options
{
  public:
    bool is_on(int name) const { return _switches.load(std::memory_order_relaxed) >> name & 1; }

    /// Errors: einval, enoprotoopt.
    result<void> set(int name, std::span<const std::byte> value);
    result<size_t> get(int name, std::span<std::byte> value) const;

    u32 send_buffer() const { return _send_buffer.load(std::memory_order_relaxed); }
    u32 receive_buffer() const { return _receive_buffer.load(std::memory_order_relaxed); }

  private:
    std::atomic<u64> _switches{0}; // bit n: option n, of those that are on or off
    std::atomic<u32> _send_buffer{default_socket_buffer};
    std::atomic<u32> _receive_buffer{default_socket_buffer};
    std::atomic<s32> _receive_low_water{1};
    std::atomic<s32> _priority{0};
    std::atomic<s32> _mark{0};
    std::atomic<u64> _linger{0};
};
} // namespace linux
