// A queue of bytes in memory of its own.
#pragma once

#include <array>

#include "core/base/types.hh"

namespace serial
{
/// Bytes between two sides that go at their own pace. `Size` is a power of two.
template <size_t Size>
class byte_ring
{
  public:
    size_t used() const { return _head - _tail; }
    size_t room() const { return Size - used(); }
    void push(u8 byte) { _bytes[_head++ % Size] = byte; }
    u8 pop() { return _bytes[_tail++ % Size]; }

  private:
    std::array<u8, Size> _bytes{};
    size_t _head = 0;
    size_t _tail = 0;
};
} // namespace serial
