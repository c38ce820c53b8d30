// Lines for the person who runs the machine: `klog::line("virtio-blk {}: {} sectors", name, count)`.
//
// {} prints integers in decimal, {x} in hexadecimal with 0x, strings and characters as they are, bool as true
// or false, phys_addr and virt_addr in hexadecimal. A line is at most 240 characters. Callable from any
// context.
#pragma once

#include <atomic>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "core/base/error.hh"
#include "core/base/types.hh"

namespace klog
{
/// One argument with its type erased, so that formatting is one function and not a template.
struct argument {
    enum class kind : u8 { signed_integer, unsigned_integer, text, character, truth, address };
    kind type;
    u64 value = 0;
    std::string_view string;

    constexpr argument(std::string_view s) : type(kind::text), string(s) {}
    constexpr argument(const char* s) : type(kind::text), string(s) {}
    constexpr argument(char c) : type(kind::character), value(static_cast<u8>(c)) {}
    constexpr argument(bool b) : type(kind::truth), value(b) {}
    template <std::signed_integral T>
    constexpr argument(T v) : type(kind::signed_integer), value(static_cast<u64>(static_cast<s64>(v)))
    {
    }
    template <std::unsigned_integral T>
    constexpr argument(T v) : type(kind::unsigned_integer), value(v)
    {
    }
    constexpr argument(phys_addr a) : type(kind::address), value(a.value) {}
    constexpr argument(virt_addr a) : type(kind::address), value(a.value) {}
    argument(const void* p) : type(kind::address), value(reinterpret_cast<u64>(p)) {}
    constexpr argument(errc e) : type(kind::signed_integer), value(static_cast<u64>(static_cast<s64>(e))) {}
};

/// Formats into `buffer` without a terminating zero; returns the characters written (cut at `length`).
size_t format_arguments(char* buffer, size_t length, std::string_view text, const argument* arguments,
                        size_t count);

template <class... Args>
size_t format(char* buffer, size_t length, std::string_view text, const Args&... args)
{
    const argument list[] = {argument(args)..., argument(0)};
    return format_arguments(buffer, length, text, list, sizeof...(args));
}

void write_line(std::string_view text, const argument* arguments, size_t count);

/// One line for the user, with "kiln: " before it.
template <class... Args>
void line(std::string_view text, const Args&... args)
{
    const argument list[] = {argument(args)..., argument(0)};
    write_line(text, list, sizeof...(args));
}

/// Whether `kiln.verbose` was given; detail lines are for then only.
bool verbose();
void set_verbose(bool on);

template <class... Args>
void detail(std::string_view text, const Args&... args)
{
    if (verbose())
        line(text, args...);
}

/// Where finished lines go (with "kiln: ", without newline); the serial port until somebody sets another.
using sink = void (*)(std::string_view line);
void set_sink(sink s);
} // namespace klog
