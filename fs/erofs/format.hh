// EROFS as it lies on the medium; everything is little-endian, as this machine is.
// Source: Linux Documentation/filesystems/erofs.rst and the on-disk format that erofs-utils 1.5 writes.
//
//     byte 1024: super_block
//     metadata: inodes at meta_block * 4096 + node_id * 32, each followed by its extended attributes and
//     then, with the layout `inline_tail`, by the file's last block; other blocks hold whole data blocks
#pragma once

#include "core/base/types.hh"

namespace erofs
{
inline constexpr u64 super_block_offset = 1024;
inline constexpr u32 magic = 0xe0f5e1e2;
inline constexpr unsigned block_shift = 12;
inline constexpr u64 block_size = u64{1} << block_shift;
inline constexpr u64 inode_slot_size = 32;
inline constexpr u32 no_block = ~u32{0}; // a hole, among chunks

struct super_block {
    u32 magic;
    u32 checksum; // CRC-32C from here to the end of the block, with this field 0
    u32 compatible_features;
    u8 block_size_bits;
    u8 extension_slots;
    u16 root_node;
    u64 inode_count;
    u64 build_time;
    u32 build_time_nanoseconds;
    u32 blocks;
    u32 meta_block;
    u32 shared_attributes_block;
    u8 uuid[16];
    u8 volume_name[16];
    u32 incompatible_features;
    u16 compression;
    u16 extra_devices;
    u16 device_table_slot;
    u8 reserved[38];
};
static_assert(sizeof(super_block) == 128);

namespace compatible_feature
{
inline constexpr u32 checksum = 1;
}
namespace incompatible_feature
{
inline constexpr u32 zero_padding = 1; // says something about compressed files only
inline constexpr u32 chunked_files = 4;
inline constexpr u32 supported = zero_padding | chunked_files;
} // namespace incompatible_feature

/// How a file's data is stored: bits 1 to 3 of an inode's format.
enum class data_layout : u8 {
    plain = 0,
    compressed_full = 1,
    inline_tail = 2,
    compressed_compact = 3,
    chunks = 4
};

inline constexpr u16 format_extended = 1;
inline constexpr u16 format_known = 0xf;

struct compact_inode {
    u16 format;
    u16 attribute_count;
    u16 mode;
    u16 links;
    u32 size;
    u32 reserved;
    u32 content; // first block, device number, or chunk format
    u32 number;
    u16 user;
    u16 group;
    u32 reserved2;
};
static_assert(sizeof(compact_inode) == 32);

struct extended_inode {
    u16 format;
    u16 attribute_count;
    u16 mode;
    u16 reserved;
    u64 size;
    u32 content;
    u32 number;
    u32 user;
    u32 group;
    u64 modified;
    u32 modified_nanoseconds;
    u32 links;
    u8 reserved2[16];
};
static_assert(sizeof(extended_inode) == 64);

/// Bytes between the inode and its inline data.
constexpr u64 attributes_size(u16 count)
{
    constexpr u64 header = 12, unit = 4;
    return count ? header + (count - 1) * unit : 0;
}

struct directory_record {
    u64 node;
    u16 name_offset; // in the block; the first one's tells how many records there are
    u8 type;
    u8 reserved;
} __attribute__((packed));
static_assert(sizeof(directory_record) == 12);

namespace chunk_format
{
inline constexpr u32 shift_mask = 0x1f; // log2(chunk size / block size)
inline constexpr u32 indexes = 0x20;    // records of 8 bytes, else block numbers of 4
inline constexpr u32 known = 0x3f;
} // namespace chunk_format

struct chunk_index {
    u16 advice;
    u16 device;
    u32 block;
};
static_assert(sizeof(chunk_index) == 8);
} // namespace erofs
