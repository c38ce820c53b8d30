// From six registers to a handler's parameters and back: how the dispatch table gets its types.
//
// A handler is an ordinary function, `result<s64> sys_lseek(int descriptor, s64 offset, int whence)`. Its
// parameter types say how each register is read: integers are cut to their width as the C ABI does, user_ptr
// and virt_addr take the address. Its result goes to RAX as the value or the negative error number
// (asm-generic/errno-base.h).
#pragma once

#include <array>
#include <concepts>
#include <type_traits>
#include <utility>

#include "arch/trap_frame.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/mm/user_access.hh"
#include "core/sync/rank_check.hh"

namespace linux
{
using mm::user_ptr;
using mm::user_span;

template <class T>
requires std::integral<T>
constexpr T from_register(u64 value, T*)
{
    return static_cast<T>(value);
}
template <class T>
constexpr user_ptr<T> from_register(u64 value, user_ptr<T>*)
{
    return user_ptr<T>(value);
}
constexpr virt_addr from_register(u64 value, virt_addr*)
{
    return virt_addr(value);
}

template <class T>
requires std::integral<T>
constexpr u64 to_register(T value)
{
    if constexpr (std::is_signed_v<T>)
        return static_cast<u64>(static_cast<s64>(value));
    else
        return value;
}
constexpr u64 to_register(virt_addr value)
{
    return value.value;
}

/// The error as the application sees it. Restart codes ask for the slow way out, where signals decide what
/// they mean.
u64 error_to_register(errc error);

inline constexpr size_t max_arguments = 6;

/// Where a system call's arguments lie: RDI, RSI, RDX, R10, R8, R9.
inline constexpr std::array<u64 arch::trap_frame::*, max_arguments> argument_registers = {
    &arch::trap_frame::rdi, &arch::trap_frame::rsi, &arch::trap_frame::rdx,
    &arch::trap_frame::r10, &arch::trap_frame::r8,  &arch::trap_frame::r9};

template <auto Handler>
struct adaptor;

template <class T, class... Parameters, result<T> (*Handler)(Parameters...)>
struct adaptor<Handler> {
    static constexpr size_t arity = sizeof...(Parameters);
    static_assert(arity <= max_arguments);

    static u64 call(const arch::trap_frame& frame)
    {
        return call_with(frame, std::index_sequence_for<Parameters...>{});
    }

  private:
    template <size_t... Index>
    static u64 call_with([[maybe_unused]] const arch::trap_frame& frame, std::index_sequence<Index...>)
    {
        auto answer =
            Handler(from_register(frame.*argument_registers[Index], static_cast<Parameters*>(nullptr))...);
        sync_debug::assert_no_lock_held();
        if (!answer) [[unlikely]]
            return error_to_register(answer.error());
        if constexpr (std::is_void_v<T>)
            return 0;
        else
            return to_register(*answer);
    }
};
} // namespace linux
