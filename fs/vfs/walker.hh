// Walking a path, component by component: the machinery under fs/vfs/lookup.hh.
//
//     walker w(base, "a/../link/b");
//     TRY(w.to_last());            // at the directory that the last component is looked up in
//     w.last_kind(), w.last_name() // what that component is
//     path p = TRY(w.finish(...)); // or: find_last(), follow_link() and to_last() again, for open(O_CREAT)
//
// A symbolic link's text takes the place of the component: it is put before what is left of the path, so
// links in links need no recursion. Not shared between threads; holds references only, no locks.
#pragma once

#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "fs/vfs/lookup.hh"

namespace vfs
{
class walker
{
  public:
    enum class component : u8 { name, dot, dot_dot, nothing }; // nothing: "/" or what a link of /proc led to

    /// What a name must pass before it is walked. Errors: enoent (empty), enametoolong.
    static result<void> check(std::string_view name);

    walker(const path& base, std::string_view name);

    /// Resolves everything but the last component. Errors: enoent, enotdir, eloop, enametoolong, eio.
    result<void> to_last();

    /// The directory in which the last component stands.
    dentry& directory() const { return *_at; }
    component last_kind() const { return _kind; }
    std::string_view last_name() const { return _last; }
    /// A slash followed the last component, here or before a link was followed: it must be a directory.
    bool trailing_slash() const { return _trailing_slash; }

    /// The last component's dentry, negative if there is none, not across mounts and links.
    result<ref_ptr<dentry>> find_last() { return find_child(*_at, _last); }

    /// The same if the path cache knows; null if the file system must be asked.
    ref_ptr<dentry> find_last_cached() const;

    /// Puts a symbolic link's target in the place of the last component; call to_last() next.
    result<void> follow_link(dentry& link);

    /// Resolves the last component too.
    result<path> finish(final_link link);

    /// The name in the directory, from the cache or the file system; negative if it does not exist.
    static result<ref_ptr<dentry>> find_child(dentry& directory, std::string_view name);
    /// The same with the lock of `where`, the directory's inode, held.
    static result<ref_ptr<dentry>> find_child_locked(dentry& directory, vfs::inode& where,
                                                     std::string_view name) REQUIRES(where.lock());
    /// What is mounted on it, or itself.
    static ref_ptr<dentry> into_mounts(ref_ptr<dentry> d);

  private:
    result<void> step(std::string_view name);
    result<void> enter(ref_ptr<dentry> d);

    ref_ptr<dentry> _at;
    std::string_view _rest;
    std::string_view _last;
    link_text _link;            // keeps _rest alive after a link was followed
    unique_ptr<char[]> _joined; // the same where the link's text and the rest had to be joined
    u8 _links = 0;
    component _kind = component::nothing;
    bool _trailing_slash = false;
};
} // namespace vfs
