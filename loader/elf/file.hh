// An ELF file that has been opened, read and found in order: its headers and its layout.
#pragma once

#include <array>

#include "core/base/make_unique.hh"
#include "fs/vfs/path.hh"
#include "loader/elf/headers.hh"

namespace elf
{
class file
{
  public:
    /// Reads and checks the headers of what `where` leads to. Errors: noexec and others as error_of(), with
    /// *why set; else what reading gave, with *why none.
    static result<file> open(vfs::path where, defect* why);

    file(file&&) = default;

    const vfs::path& where() const { return _where; }
    const elf::layout& layout() const { return _layout; }
    std::span<const program_header> program_headers() const { return {_headers.get(), _header_count}; }

    /// The name behind PT_INTERP, without its zero. Errors: enoexec if it has no zero.
    result<std::string_view> read_interpreter(std::span<char> buffer) const;

  private:
    file() = default;

    vfs::path _where;
    elf::layout _layout;
    unique_ptr<program_header[]> _headers;
    size_t _header_count = 0;
};

/// Fills `to` from the file; returns the bytes that were there. Errors: eio, eisdir, einval.
result<size_t> read_fully(vfs::inode& from, u64 offset, std::span<std::byte> to);
} // namespace elf
