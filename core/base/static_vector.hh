// A list of at most N elements in its owner's memory; elements that were not added are not constructed.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "core/base/assert.hh"

template <class T, size_t N>
class static_vector
{
  public:
    static_vector() = default;
    static_vector(const static_vector&) = delete;
    static_vector& operator=(const static_vector&) = delete;
    ~static_vector() { std::destroy_n(data(), _size); }

    bool empty() const { return _size == 0; }
    bool full() const { return _size == N; }
    size_t size() const { return _size; }
    void push_back(T element)
    {
        assert(!full());
        ::new (static_cast<void*>(data() + _size)) T(std::move(element));
        _size++;
    }
    std::span<T> elements() { return {data(), _size}; }

  private:
    T* data() { return std::launder(reinterpret_cast<T*>(_memory)); }

    size_t _size = 0;
    alignas(T) std::byte _memory[N * sizeof(T)];
};
