// Mounts: which file system covers which directory. They are made at boot, listed in /proc/mounts and never
// undone, so that a mount& may be kept by anyone.
#pragma once

#include <string_view>

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/dentry.hh"
#include "fs/vfs/file_system.hh"

namespace vfs
{
class path;

class mount
{
  public:
    struct options {
        std::string_view source; // first column of /proc/mounts
        bool read_only = false;
    };

    /// Mounts the root of the whole tree; once.
    static result<mount*> create_root(ref_ptr<file_system> what, const options& how);
    /// Covers the directory `where`. Errors: enotdir, ebusy if something is mounted there already.
    static result<mount*> create(const path& where, ref_ptr<file_system> what, const options& how);
    /// A mount that no path leads to, for anonymous files (pipes, sockets, memfd).
    static result<mount*> create_detached(ref_ptr<file_system> what, const options& how);

    file_system& fs() const { return *_fs; }
    dentry& root() const { return *_root; }
    /// The directory that it covers; null for the root and detached mounts.
    dentry* covered() const { return _covered.get(); }
    u32 id() const { return _id; }
    /// 0 for the root.
    u32 parent_id() const;
    bool read_only() const { return _read_only; }
    std::string_view source() const { return {_source, _source_length}; }

    /// Calls visit(mount&) for each mount in order of creation.
    template <class Visit>
    static void for_each(Visit visit)
    {
        for (mount* m = first(); m; m = m->next())
            visit(*m);
    }

    /// Writes everything out, in all mounts.
    static result<void> synchronize_all();

  private:
    mount(ref_ptr<file_system> what, const options& how);
    static result<mount*> make(ref_ptr<file_system> what, const options& how);
    void publish();
    static mount* first();
    mount* next() const { return _next.load(std::memory_order_acquire); }

    ref_ptr<file_system> _fs;
    ref_ptr<dentry> _root;
    ref_ptr<dentry> _covered;
    std::atomic<mount*> _next{nullptr}; // in order of creation; set once
    u32 _id = 0;
    bool _read_only = false;
    u8 _source_length = 0;
    char _source[60];
};

/// The root directory of the tree; valid after create_root().
path root();
} // namespace vfs
