// Argument and environment strings as the kernel hands them on: one after the other, each with its zero.
//
// This is also how they end up on the program's stack, so that starting a program copies them once and as a
// whole.
#pragma once

#include <cstring>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/types.hh"

namespace loader
{
/// Borrowed; `size` counts the zeros.
struct packed_strings {
    const char* bytes = nullptr;
    size_t size = 0;
    size_t count = 0;

    std::string_view first() const { return count ? std::string_view(bytes) : std::string_view{}; }

    /// Calls visit(std::string_view) for each string, in order.
    template <class Visitor>
    void for_each(Visitor visit) const
    {
        const char* at = bytes;
        for (size_t i = 0; i < count; i++) {
            const std::string_view s(at);
            visit(s);
            at += s.size() + 1;
        }
    }
};

/// Owns its bytes and grows.
class string_pack
{
  public:
    result<void> append(std::string_view s)
    {
        TRY(reserve(_view.size + s.size() + 1));
        std::memcpy(_bytes.get() + _view.size, s.data(), s.size());
        _bytes[_view.size + s.size()] = '\0';
        _view.size += s.size() + 1;
        _view.count++;
        return {};
    }

    packed_strings view() const { return _view; }

  private:
    result<void> reserve(size_t size)
    {
        if (size <= _capacity)
            return {};
        const size_t capacity = size < 256 ? 512 : size * 2;
        auto bigger = TRY(try_make_unique<char[]>(capacity));
        if (_view.size)
            std::memcpy(bigger.get(), _view.bytes, _view.size);
        _bytes = std::move(bigger);
        _capacity = capacity;
        _view.bytes = _bytes.get();
        return {};
    }

    unique_ptr<char[]> _bytes;
    size_t _capacity = 0;
    packed_strings _view;
};
} // namespace loader
