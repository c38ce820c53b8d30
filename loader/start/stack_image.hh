// What a new program finds on its stack, as bytes: argument count, pointers, auxiliary vector, strings.
//
//     top    8 zero bytes
//            file name (AT_EXECFN), environment strings, argument strings, "x86_64", 16 random bytes
//            padding, so that the stack pointer is a multiple of 16
//            auxiliary vector, ending with AT_NULL
//            environment pointers, 0
//            argument pointers, 0
//     sp     argument count
//
// Built in kernel memory for a given top and then copied to the application as one piece, so that it is
// testable on the host. Source: System V ABI, AMD64 supplement, 3.4.1; the order of the strings is Linux's.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/base/make_unique.hh"
#include "loader/packed_strings.hh"
#include "loader/start/auxv.hh"

namespace loader
{
inline constexpr size_t max_auxv_entries = 24;

/// The auxiliary vector while it is gathered; the three pointers into the stack are added by stack_image.
class auxv_list
{
  public:
    void add(auxv_tag tag, u64 value)
    {
        ensure(_count < max_auxv_entries);
        _entries[_count++] = {tag, value};
    }
    std::span<const auxv_entry> entries() const { return {_entries.data(), _count}; }

  private:
    std::array<auxv_entry, max_auxv_entries> _entries{};
    size_t _count = 0;
};

struct stack_content {
    std::string_view file_name;
    packed_strings arguments;
    packed_strings environment;
    std::array<u8, 16> random;
    auxv_list auxiliary;
};

class stack_image
{
  public:
    /// Errors: e2big if it needs more than `limit` bytes, enomem.
    static result<stack_image> create(const stack_content& content, virt_addr top, size_t limit);

    virt_addr stack_pointer() const { return _stack_pointer; }
    std::span<const std::byte> bytes() const { return {_bytes.get(), _size}; }

    // For /proc: where the strings and the auxiliary vector are.
    virt_addr arguments_start, arguments_end, environment_start, environment_end, auxv_start, auxv_end;

  private:
    stack_image() = default;

    unique_ptr<std::byte[]> _bytes;
    size_t _size = 0;
    virt_addr _stack_pointer;
};
} // namespace loader
