// All watches by file, so that the end of a file finds them.
#pragma once

namespace vfs
{
class file;
}

namespace linux
{
/// The file's last reference is gone: takes it out of every epoll set.
void forget_watches(vfs::file& file);
} // namespace linux
