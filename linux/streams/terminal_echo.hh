// A short piece of screen output that is put together under the terminal's lock and written after it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/types.hh"

namespace linux
{
class terminal_echo
{
  public:
    /// What does not fit is dropped: only echo of a long line's reprint can be that long.
    void add(std::string_view bytes)
    {
        const size_t count = std::min(bytes.size(), _bytes.size() - _size);
        std::copy_n(bytes.data(), count, _bytes.data() + _size);
        _size += count;
    }
    std::string_view view() const { return {_bytes.data(), _size}; }

  private:
    size_t _size = 0;
    std::array<char, 512> _bytes;
};
} // namespace linux
