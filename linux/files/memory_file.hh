// Files of memfd_create and their seals. Source: memfd_create(2), fcntl(2) "File Sealing".
#pragma once

#include "core/base/result.hh"
#include "fs/vfs/file.hh"

namespace linux
{
/// F_ADD_SEALS and F_GET_SEALS. Errors: einval where the file cannot have seals, eperm, ebusy.
result<s64> seals(vfs::file& file, u32 command, u64 argument);
} // namespace linux
