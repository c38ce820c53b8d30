// Requests to a disk's back end. Source: Xen, public/io/blkif.h (x86_64-abi).
#pragma once

#include "core/base/types.hh"

namespace xen
{
namespace disk_operation
{
inline constexpr u8 read = 0, write = 1, flush = 3, indirect = 6;
}

/// A part of a page, in sectors of 512 bytes; the last one counts.
struct disk_segment {
    u32 grant;
    u8 first, last;
    u16 padding = 0;
};
static_assert(sizeof(disk_segment) == 8);

struct disk_request {
    static constexpr size_t most_segments = 11;

    u8 operation;
    u8 count; // of segments; direct form
    u16 device;
    u32 padding;
    u64 id, sector;
    disk_segment segments[most_segments];
};
static_assert(sizeof(disk_request) == 112);

struct indirect_disk_request {
    u8 operation = disk_operation::indirect;
    u8 what;   // read or write
    u16 count; // of segments
    u32 padding;
    u64 id, sector;
    u16 device;
    u16 padding2;
    u32 pages[8]; // of disk_segment
    u8 rest[48];
};
static_assert(sizeof(indirect_disk_request) == sizeof(disk_request));

struct disk_answer {
    static constexpr s16 good = 0;
    u64 id;
    u8 operation;
    u8 padding;
    s16 status;
    u32 padding2;
};
static_assert(sizeof(disk_answer) == 16);
} // namespace xen
