// Putting /proc and /sys into the tree, at start-up.
#pragma once

#include "linux/proc/tree.hh"

namespace proc
{
const table& proc_table();
const table& sys_table();

/// Errors: enomem. A root that lacks the directories gets them made up (vfs::mount_at).
result<void> mount_all();
} // namespace proc
