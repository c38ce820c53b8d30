// Directories that a read-only root lacks but a mount needs: they exist in the path cache only.
#pragma once

#include <string_view>

#include "core/base/result.hh"
#include "fs/vfs/path.hh"

namespace vfs
{
/// An empty directory of that absolute name, whose parent exists. The caller keeps the path for as long as
/// the directory is to be found. Errors: enoent, enotdir, enomem.
result<path> make_up_directory(std::string_view directory);
} // namespace vfs
