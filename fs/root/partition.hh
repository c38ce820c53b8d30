// The partition table of a PC disk (MBR), as far as the root needs it.
#pragma once

#include "core/base/result.hh"
#include "core/device/block_device.hh"

namespace vfs
{
/// A part of a disk in bytes.
struct disk_range {
    u64 first = 0;
    u64 length = 0;
};

/// The first partition of type 0x83 that lies on the disk. Errors: enoent, eio.
result<disk_range> first_linux_partition(block_device& disk);
} // namespace vfs
