// The only door to application memory: every pointer that came from the program is read and written here.
//
// All addresses are those of the calling thread's address space. A bad address is efault, never a crash. The
// plain forms may fault and so sleep: not under a spinlock, an area lock or a page lock. The _nofault forms
// never sleep: they fail with efault where a page is not there now; the caller drops its lock, calls
// fault_in() and tries again.
#pragma once

#include <type_traits>

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/mm/memory_object.hh"

namespace mm
{
result<void> copy_from_user(void* to, virt_addr from, size_t bytes);
result<void> copy_to_user(virt_addr to, const void* from, size_t bytes);
result<void> clear_user(virt_addr to, size_t bytes);

/// Bytes copied before the first fault; for calls that report partial success.
size_t copy_from_user_partial(void* to, virt_addr from, size_t bytes);
size_t copy_to_user_partial(virt_addr to, const void* from, size_t bytes);

/// The same without sleeping.
size_t copy_from_user_nofault(void* to, virt_addr from, size_t bytes);
size_t copy_to_user_nofault(virt_addr to, const void* from, size_t bytes);

/// Copies a zero-terminated string with its zero; returns its length. Errors: efault; enametoolong if there
/// is no zero among the first `capacity` bytes.
result<size_t> read_user_string(virt_addr from, char* to, size_t capacity);

/// Makes the pages of the range present (and writable). Errors: efault.
result<void> fault_in(virt_addr start, size_t bytes, access wanted);

/// One store, for arrays of which one field is written. Errors: efault.
result<void> store_user_u16(virt_addr to, u16 value);

/// 32-bit atomic operations, for futexes. The word must be aligned (einval). Errors: efault. Under a spinlock
/// they do not sleep, as with interrupts off no fault is served: efault is then also what is not there now.
result<u32> load_user_u32(virt_addr word);
result<u32> exchange_user_u32(virt_addr word, u32 value);
/// Returns what was there: the exchange happened if that is `expected`.
result<u32> compare_exchange_user_u32(virt_addr word, u32 expected, u32 desired);

/// An application pointer to one T.
template <class T>
class user_ptr
{
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    constexpr user_ptr() = default;
    constexpr explicit user_ptr(u64 address) : _address(address) {}
    constexpr explicit user_ptr(virt_addr address) : _address(address) {}

    constexpr virt_addr address() const { return _address; }
    constexpr explicit operator bool() const { return _address.value != 0; }
    constexpr user_ptr operator+(u64 elements) const { return user_ptr(_address + elements * sizeof(T)); }
    template <class U>
    constexpr user_ptr<U> as() const
    {
        return user_ptr<U>(_address);
    }

    result<T> read() const
    {
        std::remove_const_t<T> value;
        TRY(copy_from_user(&value, _address, sizeof value));
        return value;
    }
    result<void> write(const T& value) const requires(!std::is_const_v<T>)
    {
        return copy_to_user(_address, &value, sizeof value);
    }

  private:
    virt_addr _address;
};

/// An application array of `count` Ts.
template <class T>
class user_span
{
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    constexpr user_span() = default;
    constexpr user_span(virt_addr start, size_t count) : _start(start), _count(count) {}
    constexpr user_span(user_ptr<T> start, size_t count) : _start(start.address()), _count(count) {}

    constexpr virt_addr start() const { return _start; }
    constexpr size_t size() const { return _count; }
    constexpr size_t size_bytes() const { return _count * sizeof(T); }
    constexpr bool empty() const { return _count == 0; }

    constexpr user_ptr<T> operator[](size_t i) const { return user_ptr<T>(_start + i * sizeof(T)); }
    constexpr user_span subspan(size_t first, size_t count) const
    {
        return user_span(_start + first * sizeof(T), count);
    }

    /// Whole array into or out of kernel memory of the same size. Errors: efault, eoverflow for an absurd
    /// count.
    result<void> read(std::remove_const_t<T>* to) const
    {
        TRY(check());
        return copy_from_user(to, _start, size_bytes());
    }
    result<void> write(const T* from) const requires(!std::is_const_v<T>)
    {
        TRY(check());
        return copy_to_user(_start, from, size_bytes());
    }

  private:
    constexpr result<void> check() const
    {
        if (_count > ~size_t{0} / sizeof(T))
            return fail(errc::eoverflow);
        return {};
    }
    virt_addr _start;
    size_t _count = 0;
};
} // namespace mm
