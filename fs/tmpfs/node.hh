// What every inode of tmpfs has: owner, permissions, link count, times.
//
// Locking: the metadata is under a spinlock of its own; what derives from it guards its content.
#pragma once

#include "core/sync/spinlock.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/inode.hh"

namespace tmpfs
{
class node : public vfs::inode
{
  public:
    ~node() override;

    result<void> get_attributes(vfs::attributes& out) override;
    result<void> set_attributes(const vfs::attribute_changes& changes) override;
    result<void> synchronize(vfs::sync_scope) override { return {}; }

    file_system& fs() const { return static_cast<file_system&>(owner()); }

    enum class touched : u8 { accessed, content, attributes };
    /// Sets the times that go with it to now: content means modified and changed.
    void touch(touched what);
    void change_links(int by);
    u32 links() const;
    /// What a new file in this directory gets: a directory with the set-group-id bit passes its group on, and
    /// to directories the bit too.
    vfs::creation inherited(vfs::creation how, vfs::file_type made) const;

  protected:
    node(file_system& fs, vfs::file_type type, const vfs::creation& how, u32 link_count);

    virtual u64 content_size() { return 0; }
    virtual u64 content_pages() { return 0; }
    virtual vfs::device_number device() const { return {}; }
    virtual result<void> resize(u64) { return fail(errc::einval); }

  private:
    mutable spinlock _metadata_lock{lock_rank::cache_index};
    u32 _permissions GUARDED_BY(_metadata_lock);
    u32 _user GUARDED_BY(_metadata_lock);
    u32 _group GUARDED_BY(_metadata_lock);
    u32 _links GUARDED_BY(_metadata_lock);
    vfs::timestamp _accessed GUARDED_BY(_metadata_lock);
    vfs::timestamp _modified GUARDED_BY(_metadata_lock);
    vfs::timestamp _changed GUARDED_BY(_metadata_lock);
    const vfs::timestamp _created;
};
} // namespace tmpfs
