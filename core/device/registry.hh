// A list of things that stay for the machine's lifetime: added at the end, never removed, read without a
// lock.
//
// T derives from registered<T>. Boost's lists are not used because a global of theirs cannot be made at
// compile time.
#pragma once

#include <atomic>

#include "core/base/types.hh"
#include "core/sync/spinlock.hh"

template <class T>
class registry;

/// What a T inherits to be in one registry<T>.
template <class T>
class registered
{
  public:
    constexpr registered() = default;

  private:
    friend class registry<T>;
    std::atomic<T*> _next_registered{nullptr};
};

template <class T>
class registry
{
  public:
    void add(T& element)
    {
        lock_guard guard{_lock};
        std::atomic<T*>* end = &_first;
        while (T* present = end->load(std::memory_order_relaxed))
            end = &static_cast<registered<T>*>(present)->_next_registered;
        end->store(&element, std::memory_order_release); // pairs with the loads in find()
    }

    /// The first element that the predicate likes, or null.
    template <class Predicate>
    T* find(Predicate predicate) const
    {
        T* element = _first.load(std::memory_order_acquire);
        while (element && !predicate(*element))
            element = static_cast<registered<T>*>(element)->_next_registered.load(std::memory_order_acquire);
        return element;
    }

    T* nth(size_t n) const
    {
        return find([&](T&) { return n-- == 0; });
    }

  private:
    spinlock _lock{lock_rank::virtqueue}; // of adding, which happens under a device's lock
    std::atomic<T*> _first{nullptr};
};
