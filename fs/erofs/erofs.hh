// EROFS: the read-only root file system, as mkfs.erofs makes it without compression.
//
// An inode is found by its number (node id), which is its place in the image, so nothing is read at mount but
// the superblock and the root. An image in RAM is used in place: whole pages of files are mapped into the
// application as they are, and nothing is ever copied but files' tails. An image on a disk goes through the
// page cache.
//
// Nothing in the image is trusted: every offset is checked against the image's size before it is used
// (layout.cc, directory.cc). Extended attributes are skipped.
//
// Locking: the table of live inodes is under a spinlock; everything else never changes.
#pragma once

#include "core/sync/spinlock.hh"
#include "fs/erofs/layout.hh"
#include "fs/vfs/file_system.hh"
#include "fs/vfs/inode.hh"

namespace erofs
{
class node;

class file_system final : public vfs::file_system
{
  public:
    /// Errors: einval if there is no EROFS in it, eio, eopnotsupp; all but einval have logged the reason.
    static result<ref_ptr<file_system>> mount(ref_ptr<medium> from);
    file_system(ref_ptr<medium> from, const geometry& where) : _medium(std::move(from)), _geometry(where) {}
    ~file_system() override;

    std::string_view type_name() const override { return "erofs"; }
    vfs::inode& root() override;
    result<void> usage(vfs::file_system_usage& out) override;
    bool read_only() const override { return true; }

    medium& image() const { return *_medium; }
    const ref_ptr<medium>& image_ref() const { return _medium; }

    /// The inode with that number: the one that is in use, so that two names of a file share their pages, or
    /// a new one.
    result<ref_ptr<vfs::inode>> inode_of(u64 node_id);
    /// A node dies.
    void forget(node& n);

  private:
    static constexpr size_t bucket_count = 256;
    node** bucket(u64 node_id) REQUIRES(_lock) { return &_nodes[node_id % bucket_count]; }
    ref_ptr<node> find_locked(u64 node_id) REQUIRES(_lock);

    const ref_ptr<medium> _medium;
    const geometry _geometry;
    ref_ptr<vfs::inode> _root;
    spinlock _lock{lock_rank::cache_index};
    node* _nodes[bucket_count] GUARDED_BY(_lock) = {}; // chains; hold no references
};
} // namespace erofs
