// The path cache: finds the dentry of (directory, name) in one short critical section.
//
// A hash table in shards; each shard is a spinlock and a chained table that doubles when it is full. The
// table holds one reference to each dentry in it, so a dentry that only the table holds is unused: reclaim
// drops those that were not looked up since its last round (second chance).
//
// Locking: a shard's lock guards its chains and the names of the dentries in them; the tree lock, never held
// together with it, guards names and parents against rename, which takes a dentry out of the table before it
// changes them. Inserting and removing names of a directory needs that directory's inode lock.
#pragma once

#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/sync/spinlock.hh"
#include "fs/vfs/dentry.hh"

namespace vfs
{
class path_cache
{
  public:
    /// The cached dentry, negative ones included, or null.
    static ref_ptr<dentry> find(const dentry& directory, std::string_view name);

    /// `d` becomes findable under its name. There must be none of that name.
    static void insert(dentry& d);

    /// The name is gone: `d` leaves the cache and is marked deleted.
    static void remove(dentry& d);

    /// Forgets a negative dentry, if there is one, before something else takes its name.
    static void forget(const dentry& directory, std::string_view name);

    /// `d` is `name` in `directory` from now on. Errors: enomem, nothing has changed then.
    static result<void> rename(dentry& d, dentry& directory, std::string_view name);

    /// The two change places, names included.
    static void exchange(dentry& a, dentry& b);

    /// Whether `d` is `ancestor` or lies below it.
    static bool is_below(const dentry& d, const dentry& ancestor);

    /// Drops up to `wanted` unused dentries. Returns how many.
    static size_t shrink(size_t wanted);

    /// Calls use(parent, name) under the tree lock, so that both belong together.
    template <class Use>
    static void with_name(const dentry& d, Use use)
    {
        lock_guard guard{tree_lock};
        use(d._parent.get(), d.name());
    }

    /// Lets the cache shrink when memory is short; once, at boot.
    static void register_reclaimer();

  private:
    friend class dentry;
    struct shard;
    static shard shards[];
    static spinlock tree_lock;

    static shard& shard_of(u32 hash);
    static dentry*& bucket_of(shard& s, u32 hash);
    static void grow(shard& s);
    static void link(dentry& d);
    static bool unlink(dentry& d);
    static dentry* take_unused(shard& s, size_t wanted, size_t& taken);
};
} // namespace vfs
