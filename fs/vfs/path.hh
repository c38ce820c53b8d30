// A place in the tree of all mounts: what look-up finds, what an open file and a working directory remember.
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.hh"
#include "fs/vfs/dentry.hh"
#include "fs/vfs/mount.hh"

namespace vfs
{
class path
{
  public:
    path() = default;
    explicit path(ref_ptr<dentry> d) : _dentry(std::move(d)) {}

    explicit operator bool() const { return static_cast<bool>(_dentry); }
    bool operator==(const path&) const = default;

    dentry& entry() const { return *_dentry; }
    const ref_ptr<dentry>& entry_ref() const { return _dentry; }
    /// The file; look-up gives only paths that have one, unless it was asked for a new name.
    vfs::inode& inode() const { return *_dentry->inode(); }
    vfs::mount& mount() const { return _dentry->in(); }
    bool exists() const { return !_dentry->is_negative(); }

    /// The containing directory, across mounts; the root's is the root.
    path parent() const;

    /// The file's pages, which from now on know this path as their name. Errors: those of
    /// inode::memory_object().
    result<ref_ptr<mm::memory_object>> memory_object() const;

    /// Attributes as stat shows them, mount id included.
    result<void> get_attributes(attributes& out) const;

    /// The absolute path; " (deleted)" follows if the name is gone and `mark_deleted`. The characters stand
    /// at the beginning of `buffer` without a zero. Errors: enametoolong.
    enum class deleted_mark : u8 { no, yes };
    result<size_t> describe(std::span<char> buffer, deleted_mark mark) const;

  private:
    ref_ptr<dentry> _dentry;
};
} // namespace vfs
