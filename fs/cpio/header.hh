// The header of one file in a "newc" cpio archive: a magic and 13 numbers of eight hexadecimal digits each.
// Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/base/types.hh"

namespace cpio
{
inline constexpr size_t header_size = 110;
inline constexpr size_t alignment = 4; // of the header with its name, and of the data

struct header {
    u32 inode = 0;
    u32 mode = 0;
    u32 user = 0;
    u32 group = 0;
    u32 links = 0;
    u32 modified = 0;
    u32 size = 0;
    u32 device_major = 0; // of the file system that it came from
    u32 device_minor = 0;
    u32 special_major = 0;
    u32 special_minor = 0;
    u32 name_size = 0; // with its zero

    /// Nothing if the magic or a digit is wrong.
    static std::optional<header> parse(std::span<const std::byte, header_size> bytes);
};
} // namespace cpio
