// Why a program cannot be started, as one line that names the file at fault.
#pragma once

#include <array>
#include <string_view>

#include "core/log.hh"

namespace loader
{
class explanation
{
  public:
    std::string_view text() const { return {_text.data(), _length}; }
    template <class... Args>
    void set(std::string_view format, const Args&... args)
    {
        _length = klog::format(_text.data(), _text.size(), format, args...);
    }

  private:
    std::array<char, 240> _text;
    size_t _length = 0;
};
} // namespace loader
