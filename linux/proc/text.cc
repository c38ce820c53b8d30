#include "linux/proc/text.hh"

#include <algorithm>
#include <cstring>

namespace proc
{
bool text::reserve(size_t size)
{
    if (size <= _capacity)
        return true;
    const size_t capacity = std::max<size_t>(size * 2, 512);
    auto bigger = try_make_unique<char[]>(capacity);
    if (!bigger) {
        _out_of_memory = true;
        return false;
    }
    if (_size)
        std::memcpy(bigger->get(), _bytes.get(), _size);
    _bytes = bigger.take();
    _capacity = capacity;
    return true;
}

text& text::add(std::string_view s)
{
    if (!s.empty() && reserve(_size + s.size())) {
        std::memcpy(_bytes.get() + _size, s.data(), s.size());
        _size += s.size();
    }
    return *this;
}

text& text::hex(u64 value, unsigned width)
{
    char digits[16];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value && at > 0);
    while (at > sizeof(digits) - std::min<size_t>(width, sizeof(digits)))
        digits[--at] = '0';
    return add({digits + at, sizeof(digits) - at});
}

text& text::decimal(u64 value, unsigned width)
{
    char digits[24];
    const size_t size = klog::format(digits, sizeof(digits), "{}", value);
    for (size_t i = size; i < width; i++)
        add(" ");
    return add({digits, size});
}

text& text::pad_to(size_t column)
{
    const size_t newline = view().rfind('\n');
    const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
    while (_size - start < column && !_out_of_memory)
        add(" ");
    return *this;
}
} // namespace proc
