// File status as stat, statx and statfs return it on x86-64 (uapi/asm/stat.h, uapi/linux/stat.h,
// asm-generic/statfs.h), and the bits of a file's mode.
#pragma once

#include "core/base/types.hh"
#include "linux/abi/time.hh"

namespace linux
{
struct stat {
    u64 device;
    u64 inode;
    u64 link_count;
    u32 mode;
    u32 uid;
    u32 gid;
    u32 pad0;
    u64 special_device;
    s64 size;
    s64 block_size;
    s64 blocks; // of 512 bytes
    timespec access_time;
    timespec modification_time;
    timespec change_time;
    s64 reserved[3];
};
static_assert(sizeof(stat) == 144);

struct statx_timestamp {
    s64 seconds;
    u32 nanoseconds;
    s32 reserved;
};
static_assert(sizeof(statx_timestamp) == 16);

struct statx {
    u32 mask;
    u32 block_size;
    u64 attributes;
    u32 link_count;
    u32 uid;
    u32 gid;
    u16 mode;
    u16 pad0;
    u64 inode;
    u64 size;
    u64 blocks;
    u64 attributes_mask;
    statx_timestamp access_time;
    statx_timestamp birth_time;
    statx_timestamp change_time;
    statx_timestamp modification_time;
    u32 special_device_major;
    u32 special_device_minor;
    u32 device_major;
    u32 device_minor;
    u64 mount_id;
    u32 direct_io_memory_alignment;
    u32 direct_io_offset_alignment;
    u64 spare[12];
};
static_assert(sizeof(statx) == 256);

struct statfs {
    s64 type;
    s64 block_size;
    u64 blocks;
    u64 blocks_free;
    u64 blocks_available;
    u64 files;
    u64 files_free;
    s32 id[2];
    s64 name_length;
    s64 fragment_size;
    s64 flags;
    s64 spare[4];
};
static_assert(sizeof(statfs) == 120);

inline constexpr u32 s_ifmt = 0170000;
inline constexpr u32 s_ifsock = 0140000;
inline constexpr u32 s_iflnk = 0120000;
inline constexpr u32 s_ifreg = 0100000;
inline constexpr u32 s_ifblk = 0060000;
inline constexpr u32 s_ifdir = 0040000;
inline constexpr u32 s_ifchr = 0020000;
inline constexpr u32 s_ififo = 0010000;
inline constexpr u32 s_isuid = 04000;
inline constexpr u32 s_isgid = 02000;
inline constexpr u32 s_isvtx = 01000;

inline constexpr u32 statx_basic_stats = 0x7ff;
inline constexpr u32 statx_btime = 0x800;
inline constexpr u32 statx_mnt_id = 0x1000;
inline constexpr u32 statx_reserved = 0x80000000;
} // namespace linux
