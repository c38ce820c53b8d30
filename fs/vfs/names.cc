// The operations that make and remove names: mkdir, mknod, symlink, link, unlink, rmdir.
#include "fs/vfs/changes.hh"
#include "fs/vfs/lookup.hh"
#include "fs/vfs/path_cache.hh"
#include "fs/vfs/walker.hh"

namespace vfs
{
namespace
{
enum class slash_after : u8 { allowed, refused };

/// Makes a name that must not exist by make(directory inode), which returns the new inode.
template <class Make>
result<void> make_name(const path& base, std::string_view name, slash_after slash, Make make)
{
    TRY(walker::check(name));
    walker w(base, name);
    TRY(w.to_last());
    if (w.last_kind() != walker::component::name)
        return fail(errc::eexist);
    auto& directory = w.directory();
    auto& where = *directory.inode();
    lock_guard guard{where.lock()};
    auto child = TRY(walker::find_child_locked(directory, where, w.last_name()));
    if (!child->is_negative())
        return fail(errc::eexist);
    if (w.trailing_slash() && slash == slash_after::refused)
        return fail(errc::enoent);
    if (directory.in().read_only())
        return fail(errc::erofs);
    if (directory.deleted())
        return fail(errc::enoent);
    child->make_positive(TRY(make(where, w.last_name())));
    if (changes_matter())
        tell_name(where, w.last_name(), *child->inode(), change_event::created);
    return {};
}
} // namespace

result<void> make_directory(const path& base, std::string_view name, u32 permissions)
{
    return make_name(base, name, slash_after::allowed, [&](inode& where, std::string_view last) {
        return where.make_directory(last, {.permissions = permissions & 01777});
    });
}

result<void> make_node(const path& base, std::string_view name, u32 mode, device_number device)
{
    auto type = type_of_mode(mode);
    if (type == file_type::none)
        type = file_type::regular;
    if (type == file_type::directory)
        return fail(errc::eperm);
    if (type == file_type::symlink)
        return fail(errc::einval);
    const creation how{.permissions = mode & permission_mask};
    return make_name(base, name, slash_after::refused, [&](inode& where, std::string_view last) {
        return type == file_type::regular ? where.create(last, how)
                                          : where.make_node(last, type, device, how);
    });
}

result<void> make_symlink(std::string_view target, const path& base, std::string_view name)
{
    TRY(walker::check(target));
    return make_name(base, name, slash_after::refused, [&](inode& where, std::string_view last) {
        return where.make_symlink(last, target, {.permissions = 0777});
    });
}

result<void> link(const path& existing, const path& base, std::string_view name)
{
    return make_name(base, name, slash_after::refused,
                     [&](inode& where, std::string_view last) -> result<ref_ptr<inode>> {
                         if (&where.owner() != &existing.inode().owner())
                             return fail(errc::exdev);
                         if (existing.inode().is_directory())
                             return fail(errc::eperm);
                         TRY(where.link(last, existing.inode()));
                         if (changes_matter())
                             tell_itself(existing.inode(), change_event::attributes); // its link count
                         return ref_ptr<inode>(existing.inode());
                     });
}

result<void> unlink(const path& base, std::string_view name)
{
    TRY(walker::check(name));
    walker w(base, name);
    TRY(w.to_last());
    if (w.last_kind() != walker::component::name)
        return fail(errc::eisdir);
    auto& directory = w.directory();
    if (directory.in().read_only())
        return fail(errc::erofs);
    auto& where = *directory.inode();
    ref_ptr<dentry> child; // dropped after the lock: it may be the last reference to the file's pages
    lock_guard guard{where.lock()};
    child = TRY(walker::find_child_locked(directory, where, w.last_name()));
    if (child->is_negative())
        return fail(errc::enoent);
    if (child->inode()->is_directory())
        return fail(errc::eisdir);
    if (w.trailing_slash())
        return fail(errc::enotdir);
    if (child->mounted())
        return fail(errc::ebusy);
    TRY(where.unlink(w.last_name(), *child->inode()));
    path_cache::remove(*child);
    if (changes_matter()) {
        tell_itself(*child->inode(), change_event::attributes); // its link count
        tell_name(where, w.last_name(), *child->inode(), change_event::removed);
    }
    return {};
}

result<void> remove_directory(const path& base, std::string_view name)
{
    TRY(walker::check(name));
    walker w(base, name);
    TRY(w.to_last());
    switch (w.last_kind()) {
    case walker::component::dot:
        return fail(errc::einval);
    case walker::component::dot_dot:
        return fail(errc::enotempty);
    case walker::component::nothing:
        return fail(errc::ebusy);
    case walker::component::name:
        break;
    }
    auto& directory = w.directory();
    if (directory.in().read_only())
        return fail(errc::erofs);
    auto& where = *directory.inode();
    ref_ptr<dentry> child;
    lock_guard guard{where.lock()};
    child = TRY(walker::find_child_locked(directory, where, w.last_name()));
    if (child->is_negative())
        return fail(errc::enoent);
    if (!child->inode()->is_directory())
        return fail(errc::enotdir);
    if (child->mounted())
        return fail(errc::ebusy);
    // The victim's lock keeps names from being made in it between the check for emptiness and its end.
    lock_guard victim_guard{child->inode()->lock()};
    TRY(where.remove_directory(w.last_name(), *child->inode()));
    path_cache::remove(*child);
    if (changes_matter())
        tell_name(where, w.last_name(), *child->inode(), change_event::removed);
    return {};
}
} // namespace vfs
