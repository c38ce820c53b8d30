// Unpacks a cpio archive of the "newc" format (what Linux takes as initramfs) into a directory.
#pragma once

#include "core/base/result.hh"
#include "fs/decompress/byte_source.hh"
#include "fs/vfs/path.hh"

namespace cpio
{
bool recognise(std::span<const std::byte> bytes);

/// Makes everything in the archive below `where`: directories, files, symbolic and hard links, special files,
/// with owners, modes and times. Says in one log line what is wrong with a damaged archive. Errors: eio, and
/// whatever making the files gives (enospc, enomem).
result<void> unpack(decompress::byte_source& archive, const vfs::path& where);
} // namespace cpio
