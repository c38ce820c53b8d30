// What is known about a file without reading it: everything that stat(2) and statx(2) tell, and how to change
// it.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/types.hh"

namespace vfs
{
/// The type bits of a mode, with their values in st_mode (inode(7)).
enum class file_type : u16 {
    none = 0,
    fifo = 0010000,
    character = 0020000,
    directory = 0040000,
    block = 0060000,
    regular = 0100000,
    symlink = 0120000,
    socket = 0140000,
};

inline constexpr u32 type_mask = 0170000;
inline constexpr u32 permission_mask = 07777; // set-id and sticky bits included

constexpr file_type type_of_mode(u32 mode)
{
    return static_cast<file_type>(mode & type_mask);
}

/// As in linux_dirent64's d_type.
constexpr u8 directory_entry_type(file_type type)
{
    return static_cast<u8>(static_cast<u16>(type) >> 12);
}

struct device_number {
    u32 major = 0;
    u32 minor = 0;

    constexpr bool operator==(const device_number&) const = default;
};

/// A point of wall-clock time; wider than nanoseconds, because utimensat may set any second.
struct timestamp {
    s64 second = 0;
    u32 nanosecond = 0;

    constexpr bool operator==(const timestamp&) const = default;

    /// The wall clock's present time.
    static timestamp now();
};

struct attributes {
    u64 inode_number = 0;
    u32 mode = 0; // type and permissions
    u32 links = 0;
    u32 user = 0;
    u32 group = 0;
    device_number file_system; // st_dev
    device_number device;      // st_rdev of a character or block special file
    u64 size = 0;
    u64 blocks = 0; // of 512 bytes
    u32 block_size = static_cast<u32>(page_size);
    timestamp accessed;
    timestamp modified;
    timestamp changed;
    std::optional<timestamp> created;
    u64 mount_id = 0; // filled in from the path by who knows it

    file_type type() const { return type_of_mode(mode); }
};

/// What chmod, chown, truncate and utimensat change; only fields that are set are touched, the change time
/// always.
struct attribute_changes {
    std::optional<u32> permissions = {}; // 07777
    std::optional<u32> user = {};
    std::optional<u32> group = {};
    std::optional<u64> size = {};
    std::optional<timestamp> accessed = {};
    std::optional<timestamp> modified = {};
};

/// statfs(2).
struct file_system_usage {
    u64 type_magic = 0;
    u64 block_size = page_size;
    u64 blocks = 0;
    u64 free_blocks = 0;
    u64 inodes = 0;
    u64 free_inodes = 0;
    u64 identity = 0; // f_fsid
    u32 name_limit = 255;
    bool read_only = false;
};
} // namespace vfs
