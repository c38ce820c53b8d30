// Hearing of the end of an open file: locks and epoll sets hang on it without keeping it alive.
#pragma once

namespace vfs
{
class file;
}

namespace linux
{
/// When the last reference to `file` is dropped, its locks and its places in epoll sets go too.
void note_end_matters(vfs::file& file);
} // namespace linux
