// Text that is being generated: grows as needed; running out of memory is remembered instead of returned at
// every line.
#pragma once

#include <string_view>

#include "core/base/make_unique.hh"
#include "core/log.hh"

namespace proc
{
class text
{
  public:
    text() = default;

    template <class... Args>
    text& line(std::string_view format, const Args&... args)
    {
        char buffer[320];
        const size_t size = klog::format(buffer, sizeof(buffer), format, args...);
        return add({buffer, size}).add("\n");
    }
    template <class... Args>
    text& format(std::string_view pattern, const Args&... args)
    {
        char buffer[320];
        return add({buffer, klog::format(buffer, sizeof(buffer), pattern, args...)});
    }
    text& add(std::string_view s);
    /// Hexadecimal without 0x, padded with zeros to `width`.
    text& hex(u64 value, unsigned width);
    /// Decimal, padded with blanks on the left to `width`.
    text& decimal(u64 value, unsigned width);
    /// Blanks up to `column` of the present line.
    text& pad_to(size_t column);

    std::string_view view() const { return {_bytes.get(), _size}; }
    bool out_of_memory() const { return _out_of_memory; }

  private:
    bool reserve(size_t size);

    unique_ptr<char[]> _bytes;
    size_t _size = 0;
    size_t _capacity = 0;
    bool _out_of_memory = false;
};
} // namespace proc
