// Single ownership that can fail: std::unique_ptr, created with enomem instead of an exception.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "core/base/result.hh"

using std::unique_ptr;

template <class T, class... Args>
requires(!std::is_array_v<T>) result<unique_ptr<T>> try_make_unique(Args&&... args)
{
    T* object = new (std::nothrow) T(std::forward<Args>(args)...);
    if (!object)
        return fail(errc::enomem);
    return unique_ptr<T>(object);
}

/// `count` value-initialised elements: try_make_unique<char[]>(n).
template <class T>
requires std::is_unbounded_array_v<T> result<unique_ptr<T>> try_make_unique(size_t count)
{
    auto* objects = new (std::nothrow) std::remove_extent_t<T>[count]();
    if (!objects)
        return fail(errc::enomem);
    return unique_ptr<T>(objects);
}
