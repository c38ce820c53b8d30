#include "fs/tmpfs/inodes.hh"

namespace tmpfs
{
directory_inode::directory_inode(file_system& fs, const vfs::creation& how)
    : node(fs, vfs::file_type::directory, how, 2)
{
}

result<ref_ptr<vfs::inode>> directory_inode::lookup(std::string_view name)
{
    auto* const e = _entries.find(name);
    if (!e)
        return fail(errc::enoent);
    return ref_ptr<vfs::inode>(e->target());
}

/// Enters a new file under its first name.
result<ref_ptr<vfs::inode>> directory_inode::add(std::string_view name, ref_ptr<node> made)
{
    TRY(_entries.add(name, made));
    touch(touched::content);
    return ref_ptr<vfs::inode>(std::move(made));
}

result<ref_ptr<vfs::inode>> directory_inode::create(std::string_view name, const vfs::creation& how)
{
    return add(name, TRY(regular_inode::create(fs(), inherited(how, vfs::file_type::regular), 1)));
}

result<ref_ptr<vfs::inode>> directory_inode::make_directory(std::string_view name, const vfs::creation& how)
{
    auto directory = TRY(make_ref<directory_inode>(fs(), inherited(how, vfs::file_type::directory)));
    auto made = TRY(add(name, std::move(directory)));
    change_links(1); // its ".."
    return made;
}

result<ref_ptr<vfs::inode>> directory_inode::make_node(std::string_view name, vfs::file_type type,
                                                       vfs::device_number device, const vfs::creation& how)
{
    return add(name, TRY(make_ref<special_inode>(fs(), type, device, inherited(how, type))));
}

result<ref_ptr<vfs::inode>> directory_inode::make_symlink(std::string_view name, std::string_view target,
                                                          const vfs::creation& how)
{
    return add(name, TRY(symlink_inode::create(fs(), target, inherited(how, vfs::file_type::symlink))));
}

result<ref_ptr<vfs::inode>> directory_inode::create_unnamed(const vfs::creation& how)
{
    return TRY(regular_inode::create(fs(), inherited(how, vfs::file_type::regular), 0));
}

result<void> directory_inode::link(std::string_view name, vfs::inode& target)
{
    auto& file = static_cast<node&>(target);
    TRY(_entries.add(name, ref_ptr<node>(file)));
    file.change_links(1);
    touch(touched::content);
    return {};
}

result<void> directory_inode::unlink(std::string_view name, vfs::inode& victim)
{
    auto* const e = _entries.find(name);
    if (!e)
        return fail(errc::enoent);
    static_cast<node&>(victim).change_links(-1);
    _entries.remove(*e);
    touch(touched::content);
    return {};
}

result<void> directory_inode::remove_directory(std::string_view name, vfs::inode& victim)
{
    auto* const e = _entries.find(name);
    if (!e)
        return fail(errc::enoent);
    auto& directory = static_cast<directory_inode&>(victim);
    if (!directory._entries.empty())
        return fail(errc::enotempty);
    directory.change_links(-2);
    _entries.remove(*e);
    change_links(-1);
    touch(touched::content);
    return {};
}

/// Swaps two files between two names; directories' ".." move along.
result<void> directory_inode::exchange(directory_entries::entry& mine, directory_inode& other,
                                       directory_entries::entry& theirs)
{
    const int leaving = mine.target().is_directory(), coming = theirs.target().is_directory();
    mine.target().touch(touched::attributes);
    theirs.target().touch(touched::attributes);
    auto moved = _entries.replace(mine, ref_ptr<node>(theirs.target()));
    other._entries.replace(theirs, std::move(moved));
    if (&other != this && leaving != coming) {
        change_links(coming - leaving);
        other.change_links(leaving - coming);
    }
    touch(touched::content);
    other.touch(touched::content);
    return {};
}

result<void> directory_inode::rename(std::string_view name, vfs::inode& what, vfs::inode& new_parent,
                                     std::string_view new_name, vfs::inode* replaced, u32 flags)
{
    auto& to = static_cast<directory_inode&>(new_parent);
    auto& moving = static_cast<node&>(what);
    auto* const source = _entries.find(name);
    auto* const target = to._entries.find(new_name);
    if (!source)
        return fail(errc::enoent);
    if (target && (flags & vfs::rename_flag::exchange))
        return exchange(*source, to, *target);
    if (target) {
        auto& victim = static_cast<node&>(*replaced);
        if (victim.is_directory()) {
            if (!static_cast<directory_inode&>(victim)._entries.empty())
                return fail(errc::enotempty);
            victim.change_links(-1);
            to.change_links(-1);
        }
        victim.change_links(-1);
        to._entries.replace(*target, ref_ptr<node>(moving));
    } else {
        TRY(to._entries.add(new_name, ref_ptr<node>(moving)));
    }
    _entries.remove(*source); // entries never move in memory
    if (moving.is_directory() && &to != this) {
        change_links(-1);
        to.change_links(1);
    }
    moving.touch(touched::attributes);
    touch(touched::content);
    to.touch(touched::content);
    return {};
}

result<void> directory_inode::list(u64 cookie, vfs::directory_sink& sink)
{
    for (auto* e = _entries.next(cookie); e; e = _entries.next(e->position() + 1)) {
        const auto& target = e->target();
        if (!sink.add({e->name(), target.number(), target.type(), e->position() + 1}))
            break;
    }
    touch(touched::accessed);
    return {};
}
} // namespace tmpfs
