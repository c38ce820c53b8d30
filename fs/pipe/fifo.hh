// Named pipes: the pipe behind a FIFO inode while somebody has it open.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/file.hh"

namespace fs
{
/// open(2) of a FIFO: waits for the other end unless O_NONBLOCK is set. Errors: enxio for a nonblocking
/// writer without reader, erestartsys if a signal comes first.
result<ref_ptr<vfs::file>> open_fifo(const vfs::path& where, u32 flags);
} // namespace fs
