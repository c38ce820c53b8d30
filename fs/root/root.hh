// Putting the tree together at boot: the root, then what is mounted over it.
//
// The root is an EROFS image (in RAM, on a disk or in a disk's first Linux partition) and then read-only, or
// a cpio archive that is unpacked into a tmpfs. Everything here runs once, on one thread, before the program
// starts.
#pragma once

#include <span>
#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/device/block_device.hh"
#include "fs/vfs/file_system.hh"
#include "fs/vfs/path.hh"

namespace vfs
{
/// Mounts the root from a boot module, recognised by its magic. An EROFS image is used where it lies, for
/// ever; an archive's memory is given to the allocator once it is unpacked. Errors, logged: einval for
/// neither kind, eio, eopnotsupp, enomem.
result<void> mount_root(std::span<const std::byte> image);

/// Mounts the root from a disk. Errors, logged: einval if no EROFS is on it, eio, eopnotsupp, enomem.
result<void> mount_root(block_device& disk);

/// Mounts what every system has: /dev, and tmpfs on /tmp, /run and /var/tmp.
result<void> mount_standard();

/// Mounts a writable tmpfs on a directory and copies into it what the image has there, or what `content` has.
/// Logs if the directory had to be made up, and if memory did not suffice for the copy.
result<void> mount_writable(std::string_view directory);
result<void> mount_writable(std::string_view directory, const path& content);

/// Mounts a file system (such as /proc) on a directory. Where a read-only root lacks it, a directory is made
/// up that can be entered but is not listed; one log line says so.
result<void> mount_at(std::string_view directory, ref_ptr<file_system> what, std::string_view source);
} // namespace vfs
