// Shared ownership: an object that counts its references, and the pointer that holds one.
//
// Derive from ref_counted<T>; create by make_ref<T>(...), which fails with enomem. The last release deletes
// the object through T (give T a virtual destructor when it is a base). A ref_ptr may be empty; a T& is
// borrowed.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

#include "core/base/assert.hh"
#include "core/base/result.hh"

template <class T>
class ref_counted
{
  public:
    ref_counted() = default;
    ref_counted(const ref_counted&) = delete;
    ref_counted& operator=(const ref_counted&) = delete;

    void add_ref() const { _references.fetch_add(1, std::memory_order_relaxed); }

    /// Drops one reference; deletes the object with the last. A T that must act while it is still whole,
    /// derived parts included, has an on_last_release() const.
    void release() const
    {
        // The release pairs with the acquire of the thread that deletes: it sees all writes made before.
        if (_references.fetch_sub(1, std::memory_order_acq_rel) != 1)
            return;
        if constexpr (requires(const T& object) { object.on_last_release(); })
            static_cast<const T*>(this)->on_last_release();
        delete static_cast<const T*>(this);
    }

    /// Takes a reference unless the count is already 0 (an object found in an index while it dies).
    bool try_add_ref() const
    {
        auto count = _references.load(std::memory_order_relaxed);
        while (count != 0)
            if (_references.compare_exchange_weak(count, count + 1, std::memory_order_acquire))
                return true;
        return false;
    }

    unsigned reference_count() const { return _references.load(std::memory_order_relaxed); }

  protected:
    ~ref_counted() = default;

  private:
    mutable std::atomic<unsigned> _references{1};
};

template <class T>
class ref_ptr
{
  public:
    constexpr ref_ptr() = default;
    constexpr ref_ptr(std::nullptr_t) {}

    /// Shares an object that somebody else holds.
    explicit ref_ptr(T& object) : _object(&object) { object.add_ref(); }

    /// Takes over the reference that the caller holds.
    static ref_ptr adopt(T* object)
    {
        ref_ptr p;
        p._object = object;
        return p;
    }

    ref_ptr(const ref_ptr& other) : _object(other._object)
    {
        if (_object)
            _object->add_ref();
    }
    constexpr ref_ptr(ref_ptr&& other) : _object(std::exchange(other._object, nullptr)) {}
    template <class U>
    requires std::is_convertible_v<U*, T*> ref_ptr(const ref_ptr<U>& other) : _object(other.get())
    {
        if (_object)
            _object->add_ref();
    }
    template <class U>
    requires std::is_convertible_v<U*, T*>
    constexpr ref_ptr(ref_ptr<U>&& other) : _object(other.leak()) {}
    constexpr ~ref_ptr()
    {
        if (_object)
            _object->release();
    }

    ref_ptr& operator=(ref_ptr other)
    {
        std::swap(_object, other._object);
        return *this;
    }

    constexpr T* get() const { return _object; }
    constexpr T& operator*() const { return assert(_object), *_object; }
    constexpr T* operator->() const { return assert(_object), _object; }
    constexpr explicit operator bool() const { return _object != nullptr; }
    friend constexpr bool operator==(const ref_ptr& a, const ref_ptr& b) { return a._object == b._object; }
    friend constexpr bool operator==(const ref_ptr& a, std::nullptr_t) { return a._object == nullptr; }

    /// Gives the reference to the caller, who must release() or adopt() it.
    constexpr T* leak() { return std::exchange(_object, nullptr); }

  private:
    T* _object = nullptr;
};

/// A new T with one reference, or enomem.
template <class T, class... Args>
result<ref_ptr<T>> make_ref(Args&&... args)
{
    T* object = new (std::nothrow) T(std::forward<Args>(args)...);
    if (!object)
        return fail(errc::enomem);
    return ref_ptr<T>::adopt(object);
}

template <class T, class U>
ref_ptr<T> static_pointer_cast(ref_ptr<U> p)
{
    return ref_ptr<T>::adopt(static_cast<T*>(p.leak()));
}
