#include "linux/files/file_end.hh"

#include "fs/vfs/file.hh"
#include "linux/events/epoll_watch.hh"
#include "linux/files/lock_calls.hh"

namespace linux
{
namespace
{
void file_ends(vfs::file& file)
{
    if (file_locks::any())
        release_file_locks(file);
    forget_watches(file);
}
} // namespace

void note_end_matters(vfs::file& file)
{
    vfs::file::set_last_release_hook(file_ends);
    file.set_watched();
}
} // namespace linux
