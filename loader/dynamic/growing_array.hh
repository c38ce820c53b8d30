// An array that grows, for the linker's short lists.
#pragma once

#include <span>

#include "core/base/make_unique.hh"

namespace linker
{
template <class T>
class growing_array
{
  public:
    result<void> push(T value)
    {
        if (_size == _capacity) {
            const size_t capacity = _capacity ? _capacity * 2 : 16;
            auto bigger = TRY(try_make_unique<T[]>(capacity));
            for (size_t i = 0; i < _size; i++)
                bigger[i] = std::move(_elements[i]);
            _elements = std::move(bigger);
            _capacity = capacity;
        }
        _elements[_size++] = std::move(value);
        return {};
    }

    /// Drops what was pushed after the first `size` elements, last first.
    void truncate(size_t size)
    {
        while (_size > size)
            _elements[--_size] = T{};
    }

    std::span<T> all() { return {_elements.get(), _size}; }
    std::span<const T> all() const { return {_elements.get(), _size}; }
    std::span<T> from(size_t first) { return all().subspan(first); }
    T& operator[](size_t i) { return _elements[i]; }
    const T& operator[](size_t i) const { return _elements[i]; }
    size_t size() const { return _size; }

  private:
    unique_ptr<T[]> _elements;
    size_t _size = 0, _capacity = 0;
};
} // namespace linker
