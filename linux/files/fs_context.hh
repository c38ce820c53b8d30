// What relative names and new files depend on: the working directory and the file mode creation mask; and
// which file the program is. One per program (threads share it, as CLONE_FS says).
#pragma once

#include <atomic>

#include "core/sync/spinlock.hh"
#include "fs/vfs/path.hh"

namespace linux
{
class fs_context
{
  public:
    fs_context() = default;

    vfs::path working_directory() const
    {
        lock_guard guard{_lock};
        return _working_directory;
    }
    void set_working_directory(vfs::path where)
    {
        lock_guard guard{_lock};
        std::swap(_working_directory, where); // the old one is dropped after the lock
    }

    /// What /proc/self/exe leads to.
    vfs::path executable() const
    {
        lock_guard guard{_lock};
        return _executable;
    }
    void set_executable(vfs::path file)
    {
        lock_guard guard{_lock};
        std::swap(_executable, file);
    }

    u32 umask() const { return _umask.load(std::memory_order_relaxed); }
    /// Returns the old one.
    u32 set_umask(u32 mask) { return _umask.exchange(mask & 0777, std::memory_order_relaxed); }

  private:
    mutable spinlock _lock{lock_rank::descriptor_table};
    vfs::path _working_directory GUARDED_BY(_lock);
    vfs::path _executable GUARDED_BY(_lock);
    std::atomic<u32> _umask{022};
};
} // namespace linux
