// Copying a part of the tree: what the image has at a place where something writable is mounted.
#pragma once

#include "core/base/result.hh"
#include "fs/vfs/path.hh"

namespace vfs
{
/// Makes everything below the directory `from` below the directory `to` too, with owners, permissions and
/// times; the names of a hard link become files of their own. An empty `from` costs one listing. Errors:
/// those of reading there and making here (eio, enospc, enomem); what was made stays.
result<void> copy_contents(const path& from, const path& to);
} // namespace vfs
