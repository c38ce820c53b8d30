// Inodes of files that no path leads to: pipes, sockets, event counters.
//
// Kinds without a life of their own (eventfd, epoll, timerfd ...) share one inode, as on Linux; pipes and
// sockets have one each, because programs compare their inode numbers.
#pragma once

#include <atomic>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/inode.hh"

namespace vfs
{
class anonymous_inode : public inode
{
  public:
    /// A new inode with a number of its own.
    static result<ref_ptr<inode>> create(file_type type, u32 permissions);
    /// The inode that all files of no particular type share (mode 0600).
    static result<ref_ptr<inode>> shared();

    result<void> get_attributes(attributes& out) override;
    result<void> set_attributes(const attribute_changes& changes) override;

    anonymous_inode(file_system& fs, file_type type, u64 number, u32 permissions);

  private:
    std::atomic<u32> _permissions;
    const timestamp _created;
};
} // namespace vfs
