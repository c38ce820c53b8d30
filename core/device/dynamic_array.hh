// A list that grows on the heap and says so when it cannot: what firmware tables and bus scans are collected
// in.
//
// No iterator or reference survives push_back(). Elements are moved when it grows, so they must be nothrow
// movable.
#pragma once

#include <span>
#include <utility>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

template <class T>
class dynamic_array
{
  public:
    constexpr dynamic_array() = default;

    /// Errors: enomem; the list is then unchanged.
    result<void> push_back(T element)
    {
        if (_size == _capacity)
            TRY(grow());
        _elements[_size++] = std::move(element);
        return {};
    }

    /// Takes out what the predicate likes, keeping the order; returns how many.
    template <class Predicate>
    size_t remove_if(Predicate predicate)
    {
        size_t kept = 0;
        for (size_t i = 0; i < _size; i++)
            if (!predicate(_elements[i])) {
                if (kept != i)
                    _elements[kept] = std::move(_elements[i]);
                kept++;
            }
        return std::exchange(_size, kept) - kept;
    }

    void clear() { _size = 0; }
    size_t size() const { return _size; }
    bool empty() const { return _size == 0; }

    T& operator[](size_t i) { return assert(i < _size), _elements[i]; }
    const T& operator[](size_t i) const { return assert(i < _size), _elements[i]; }
    T* begin() { return _elements.get(); }
    T* end() { return _elements.get() + _size; }
    const T* begin() const { return _elements.get(); }
    const T* end() const { return _elements.get() + _size; }

  private:
    result<void> grow()
    {
        const size_t capacity = _capacity ? _capacity * 2 : 4;
        auto elements = TRY(try_make_unique<T[]>(capacity));
        for (size_t i = 0; i < _size; i++)
            elements[i] = std::move(_elements[i]);
        _elements = std::move(elements);
        _capacity = capacity;
        return {};
    }

    unique_ptr<T[]> _elements;
    size_t _size = 0;
    size_t _capacity = 0;
};
