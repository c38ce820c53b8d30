// open(2): finding or making the file, then the checks that depend on its type.
#include "fs/vfs/changes.hh"
#include "fs/vfs/lookup.hh"
#include "fs/vfs/path_file.hh"
#include "fs/vfs/walker.hh"

namespace vfs
{
namespace
{
/// Makes the regular file that `negative` names, unless somebody else did meanwhile: then what there is.
result<ref_ptr<dentry>> create_file(dentry& directory, std::string_view name, u32 permissions, bool& created)
{
    auto& where = *directory.inode();
    lock_guard guard{where.lock()};
    auto child = TRY(walker::find_child_locked(directory, where, name));
    if (!child->is_negative())
        return child;
    if (directory.deleted())
        return fail(errc::enoent);
    child->make_positive(TRY(where.create(name, {.permissions = permissions & permission_mask})));
    if (changes_matter())
        tell_name(where, name, *child->inode(), change_event::created);
    created = true;
    return child;
}

/// The last component for O_CREAT: follows links, makes what does not exist.
result<path> find_or_create(walker& w, u32 flags, u32 permissions, bool& created)
{
    for (;;) {
        // A slash or a dot at the end names a directory, which open() does not make.
        if (w.last_kind() != walker::component::name) {
            if (w.last_kind() == walker::component::nothing && !w.directory().inode()->is_directory())
                return path(ref_ptr<dentry>(w.directory())); // what a link of /proc led to
            return fail(flags & open_flag::exclusive ? errc::eexist : errc::eisdir);
        }
        if (w.trailing_slash())
            return fail(errc::eisdir);
        auto child = w.find_last_cached();
        if (!child || child->is_negative()) {
            // One visit under the directory's lock looks the name up and makes it; not where nothing can be
            // made.
            if (w.directory().in().read_only() && TRY(w.find_last())->is_negative())
                return fail(errc::erofs);
            child = TRY(create_file(w.directory(), w.last_name(), permissions, created));
            if (created)
                return path(std::move(child));
        }
        if (flags & open_flag::exclusive)
            return fail(errc::eexist);
        if (!child->inode()->is_symlink())
            return path(walker::into_mounts(std::move(child)));
        if (flags & open_flag::no_follow)
            return fail(errc::eloop);
        TRY(w.follow_link(*child));
        TRY(w.to_last());
    }
}

result<ref_ptr<file>> open_temporary(const path& directory, u32 flags, u32 permissions)
{
    if ((flags & open_flag::access_mode) == open_flag::read_only)
        return fail(errc::einval);
    auto& where = directory.inode();
    if (!where.is_directory())
        return fail(errc::enotdir);
    if (directory.mount().read_only())
        return fail(errc::erofs);
    auto made = TRY(where.create_unnamed({.permissions = permissions & permission_mask}));
    char name[24] = "#"; // as Linux shows it: "/tmp/#12345 (deleted)"
    size_t length = 1;
    for (u64 left = made->number(), scale = 10'000'000'000'000'000'000u; scale; scale /= 10)
        if (left / scale || scale == 1 || length > 1) {
            name[length++] = static_cast<char>('0' + left / scale % 10);
        }
    auto entry = TRY(dentry::create(directory.mount(), &directory.entry(), {name, length}, std::move(made)));
    entry->mark_deleted();
    const path unnamed(std::move(entry));
    return unnamed.inode().open(unnamed, flags & ~open_flag::temporary);
}

[[gnu::noinline]] result<ref_ptr<file>> open_inode_and_tell(const path& where, u32 flags)
{
    auto opened = TRY(where.inode().open(where, flags));
    note_change(*opened, change_event::opened);
    return opened;
}

/// Looks for watches first, so that without them it is a jump.
inline result<ref_ptr<file>> open_inode(const path& where, u32 flags)
{
    if (changes_matter()) [[unlikely]]
        return open_inode_and_tell(where, flags);
    return where.inode().open(where, flags);
}

result<void> check_type(const path& where, u32 flags)
{
    const bool for_writing = (flags & open_flag::access_mode) != open_flag::read_only;
    const auto type = where.inode().type();
    if ((flags & open_flag::directory) && type != file_type::directory)
        return fail(errc::enotdir);
    switch (type) {
    case file_type::symlink:
        return fail(errc::eloop);
    case file_type::directory:
        if (for_writing || (flags & (open_flag::create | open_flag::truncate)))
            return fail(errc::eisdir);
        break;
    case file_type::socket:
        return fail(errc::enxio);
    case file_type::regular:
        if ((for_writing || (flags & open_flag::truncate)) && where.mount().read_only())
            return fail(errc::erofs);
        break;
    default:
        break;
    }
    return {};
}
} // namespace

result<ref_ptr<file>> open(const path& where, u32 flags)
{
    if (flags & open_flag::path_only) {
        if ((flags & open_flag::directory) && !where.inode().is_directory())
            return fail(errc::enotdir);
        constexpr u32 kept = open_flag::path_only | open_flag::directory | open_flag::no_follow;
        auto f = TRY(make_ref<path_file>(where, flags & kept));
        return f;
    }
    TRY(check_type(where, flags));
    const bool truncates = (flags & open_flag::truncate) && where.inode().type() == file_type::regular;
    if (truncates)
        TRY(where.inode().set_attributes({.size = 0}));
    auto opened = open_inode(where, flags);
    if (truncates && opened)
        note_change(**opened, change_event::modified);
    return opened;
}

result<ref_ptr<file>> open(const path& base, std::string_view name, u32 flags, u32 permissions)
{
    constexpr u32 temporary_only = open_flag::temporary & ~open_flag::directory;
    const auto link = flags & open_flag::no_follow ? final_link::keep : final_link::follow;
    if ((flags & temporary_only) && !(flags & open_flag::path_only)) {
        if (!(flags & open_flag::directory) || (flags & open_flag::create))
            return fail(errc::einval);
        return open_temporary(TRY(resolve(base, name, link)), flags, permissions);
    }
    if (!(flags & open_flag::create) || (flags & open_flag::path_only))
        return open(TRY(resolve(base, name, link)), flags & ~open_flag::create);
    if (flags & open_flag::directory)
        return fail(errc::einval);
    TRY(walker::check(name));
    walker w(base, name);
    TRY(w.to_last());
    bool created = false;
    const path where = TRY(find_or_create(w, flags, permissions, created));
    if (created) // may be opened for writing whatever its permissions say, and is empty already
        return open_inode(where, flags);
    return open(where, flags);
}
} // namespace vfs
