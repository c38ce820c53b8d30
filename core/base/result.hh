// result<T>: a value or an errc. The kernel's one way to report failure.
//
// A function that can fail returns result<T>; its caller either handles the error or passes it on with
// TRY(expression), which yields the value. For trivially copyable T the two live in separate fields, so that
// a result<int> or result<T*> comes back in two registers (a union would go through memory).
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "core/base/assert.hh"
#include "core/base/error.hh"
#include "core/base/types.hh"

template <class T>
class result;

/// An error on its way into a result: `return fail(errc::enoent)`.
struct failure {
    errc code;
};
[[nodiscard]] constexpr failure fail(errc code)
{
    return failure{code};
}

namespace detail
{
inline constexpr errc no_error = errc{0};

/// Whether TRY may empty what a reference of this type refers to.
template <class Reference>
inline constexpr bool may_be_taken = std::is_rvalue_reference_v<Reference> ||
                                     std::is_void_v<typename std::remove_cvref_t<Reference>::value_type>;

/// As wide as the value's alignment, so that no padding lies between the two: gcc keeps a result with padding
/// in memory instead of in the two registers that it comes in.
template <class T>
using error_beside = std::conditional_t<(alignof(T) > alignof(errc)), s64, s32>;

template <class T>
class trivial_result
{
  public:
    constexpr trivial_result(T value) : _value(value), _error(0) {}
    constexpr trivial_result(failure f) : _value(), _error(static_cast<error_beside<T>>(f.code)) {}

    constexpr bool has_value() const { return _error == 0; }
    constexpr T& value() { return assert(has_value()), _value; }
    constexpr const T& value() const { return assert(has_value()), _value; }
    constexpr T take() { return assert(has_value()), _value; }
    constexpr errc error() const { return static_cast<errc>(_error); }

  private:
    T _value;
    error_beside<T> _error;
};

template <class T>
class union_result
{
  public:
    union_result(T&& value) : _error(no_error) { ::new (static_cast<void*>(&_value)) T(std::move(value)); }
    union_result(failure f) : _error(f.code) {}
    union_result(union_result&& other) : _error(other._error)
    {
        if (has_value())
            ::new (static_cast<void*>(&_value)) T(std::move(other._value));
    }
    union_result& operator=(union_result&&) = delete;
    ~union_result()
    {
        if (has_value())
            _value.~T();
    }

    bool has_value() const { return _error == no_error; }
    T& value() { return assert(has_value()), _value; }
    const T& value() const { return assert(has_value()), _value; }
    T take() { return assert(has_value()), std::move(_value); }
    errc error() const { return _error; }

  private:
    union {
        T _value;
    };
    errc _error;
};

template <class T>
using result_storage =
    std::conditional_t<std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                       trivial_result<T>, union_result<T>>;
} // namespace detail

template <class T>
class [[nodiscard]] result : public detail::result_storage<T>
{
    static_assert(!std::is_reference_v<T>, "TRY would yield a copy of the object: return a pointer");
    using base = detail::result_storage<T>;

  public:
    using value_type = T;
    using base::base;

    /// From what converts to T, such as ref_ptr<derived> to ref_ptr<base>.
    template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
             !std::is_same_v<std::remove_cvref_t<U>, failure>) constexpr result(U&& value)
        : base(static_cast<T>(std::forward<U>(value)))
    {
    }

    /// From a result of what converts to T: result<ref_ptr<derived>> to result<ref_ptr<base>>.
    template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<U, T> &&
             !std::is_void_v<U>) constexpr result(result<U>&& other)
        : base(other.has_value() ? result(static_cast<T>(other.take())) : result(fail(other.error())))
    {
    }

    constexpr explicit operator bool() const { return this->has_value(); }
    constexpr T& operator*() { return this->value(); }
    constexpr const T& operator*() const { return this->value(); }
    constexpr std::remove_reference_t<T>* operator->() { return &this->value(); }
    constexpr const std::remove_reference_t<T>* operator->() const { return &this->value(); }
    constexpr T value_or(T other) { return this->has_value() ? this->take() : std::move(other); }
};

template <>
class [[nodiscard]] result<void>
{
  public:
    using value_type = void;

    constexpr result() : _error(detail::no_error) {}
    constexpr result(failure f) : _error(f.code) {}

    constexpr bool has_value() const { return _error == detail::no_error; }
    constexpr explicit operator bool() const { return has_value(); }
    constexpr errc error() const { return _error; }
    constexpr void take() const {}

  private:
    errc _error;
};

/// The value of a result, or return its error from the enclosing function. The value is moved out, so a
/// result that has a name is given as std::move(name), except result<void>, which has no value.
#define TRY(...) TRY_NAMED_(TRY_PASTE_(try_result_, __COUNTER__), __VA_ARGS__)
#define TRY_PASTE_(a, b) TRY_PASTE_AGAIN_(a, b)
#define TRY_PASTE_AGAIN_(a, b) a##b
#define TRY_NAMED_(name, ...)                                                                                \
    __extension__({                                                                                          \
        auto&& name = (__VA_ARGS__);                                                                         \
        static_assert(detail::may_be_taken<decltype(name)>, "TRY moves the value out: say std::move");       \
        if (!name.has_value()) [[unlikely]]                                                                  \
            return fail(name.error());                                                                       \
        name.take();                                                                                         \
    })
