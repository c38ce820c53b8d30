// A name in the tree and what it leads to: the nodes of the path cache.
//
// A dentry keeps its parent alive, so every dentry in use has a path to the root. Dentries that nobody uses
// stay in the cache until memory is short (fs/vfs/path_cache). A negative dentry (no inode) remembers that
// the name does not exist; it may become positive once. After unlink or rmdir a dentry leaves the cache and
// stays `deleted` for those who still have it open.
//
// Locking: name and parent change only in rename, under path_cache's tree lock (and, for the hash chain, the
// shards' locks); who holds a reference may read inode() at any time. A dentry belongs to one mount, because
// a file system is mounted in one place.
#pragma once

#include <atomic>
#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/inode.hh"

namespace vfs
{
class mount;
class path_cache;

class dentry
{
  public:
    dentry(const dentry&) = delete;
    dentry& operator=(const dentry&) = delete;

    void add_ref() const { _references.fetch_add(1, std::memory_order_relaxed); }
    /// Not ref_counted's: the last release may end a chain of removed directories of any length, and must not
    /// recurse.
    void release() const
    {
        if (_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy_chain();
    }

    /// `parent` is null for the root of a file system; `target` null makes it negative.
    static result<ref_ptr<dentry>> create(mount& in, dentry* parent, std::string_view name,
                                          ref_ptr<vfs::inode> target);

    /// Null if the name does not exist.
    vfs::inode* inode() const { return _inode.load(std::memory_order_acquire); } // pairs with make_positive()
    bool is_negative() const { return inode() == nullptr; }
    bool is_root() const { return _is_root; }
    bool deleted() const { return _deleted.load(std::memory_order_relaxed); }
    mount& in() const { return _mount; }
    /// What is mounted here, or null.
    mount* mounted() const { return _mounted.load(std::memory_order_acquire); } // pairs with mount creation

    /// The name exists now. Under the parent directory's lock.
    void make_positive(ref_ptr<vfs::inode> target);
    /// For files that never had a name (O_TMPFILE).
    void mark_deleted() { _deleted.store(true, std::memory_order_relaxed); }
    /// The parent, safe beside a rename; null for the root of a file system.
    ref_ptr<dentry> parent() const;

  private:
    friend class path_cache;
    friend class mount;

    dentry(mount& in, ref_ptr<dentry> parent, ref_ptr<vfs::inode> target);
    ~dentry();
    void destroy_chain() const;
    bool set_name(std::string_view name);
    std::string_view name() const { return {_name, _name_length}; }

    static constexpr size_t inline_name = 40;

    mutable std::atomic<u32> _references{1};
    u32 _hash = 0;
    mount& _mount;
    std::atomic<vfs::inode*> _inode; // owns a reference
    std::atomic<mount*> _mounted{nullptr};
    ref_ptr<dentry> _parent;
    u8 _name_length = 0;
    const bool _is_root;
    bool _cached = false;        // in the table; its shard's lock
    bool _recently_used = false; // its shard's lock
    std::atomic<bool> _deleted{false};
    char* _name = _inline_name;
    dentry* _next_in_bucket = nullptr; // its shard's lock
    char _inline_name[inline_name];
};
} // namespace vfs
