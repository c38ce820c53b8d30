// Making, removing and renaming names.
#include <algorithm>

#include "linux/files/arguments.hh"
#include "linux/files/status.hh"

namespace linux
{
namespace
{
u32 masked(u32 mode)
{
    return mode & ~filesystem().umask();
}
} // namespace

result<void> sys_mkdir(user_string name, u32 mode)
{
    return sys_mkdirat(at_fdcwd, name, mode);
}

result<void> sys_mkdirat(int base, user_string name, u32 mode)
{
    named_place place;
    TRY(place.read(base, name));
    return vfs::make_directory(place.base, place.name.view(), masked(mode & (0777 | s_isvtx)));
}

result<void> sys_mknod(user_string name, u32 mode, u32 device)
{
    return sys_mknodat(at_fdcwd, name, mode, device);
}

result<void> sys_mknodat(int base, user_string name, u32 mode, u32 device)
{
    switch (mode & s_ifmt) {
    case 0:
        mode |= s_ifreg;
        break;
    case s_ifreg:
    case s_ifchr:
    case s_ifblk:
    case s_ififo:
    case s_ifsock:
        break;
    case s_ifdir:
        return fail(errc::eperm);
    default:
        return fail(errc::einval);
    }
    named_place place;
    TRY(place.read(base, name));
    return vfs::make_node(place.base, place.name.view(), masked(mode), decode_device(device));
}

result<void> sys_rmdir(user_string name)
{
    return sys_unlinkat(at_fdcwd, name, at_removedir);
}

result<void> sys_unlink(user_string name)
{
    return sys_unlinkat(at_fdcwd, name, 0);
}

result<void> sys_unlinkat(int base, user_string name, u32 flags)
{
    if (flags & ~at_removedir)
        return fail(errc::einval);
    named_place place;
    TRY(place.read(base, name));
    if (flags & at_removedir)
        return vfs::remove_directory(place.base, place.name.view());
    return vfs::unlink(place.base, place.name.view());
}

result<void> sys_rename(user_string from, user_string to)
{
    return sys_renameat2(at_fdcwd, from, at_fdcwd, to, 0);
}

result<void> sys_renameat(int from_base, user_string from, int to_base, user_string to)
{
    return sys_renameat2(from_base, from, to_base, to, 0);
}

result<void> sys_renameat2(int from_base, user_string from, int to_base, user_string to, u32 flags)
{
    constexpr u32 whiteout = 4;
    if (flags & ~(vfs::rename_flag::no_replace | vfs::rename_flag::exchange | whiteout))
        return fail(errc::einval);
    if (flags & vfs::rename_flag::exchange && flags & (vfs::rename_flag::no_replace | whiteout))
        return fail(errc::einval);
    if (flags & whiteout)
        return fail(errc::einval); // as file systems without overlay support say
    named_place old_place, new_place;
    TRY(old_place.read(from_base, from));
    TRY(new_place.read(to_base, to));
    return vfs::rename(old_place.base, old_place.name.view(), new_place.base, new_place.name.view(), flags);
}

result<void> sys_link(user_string from, user_string to)
{
    return sys_linkat(at_fdcwd, from, at_fdcwd, to, 0);
}

result<void> sys_linkat(int from_base, user_string from, int to_base, user_string to, u32 flags)
{
    if (flags & ~(at_symlink_follow | at_empty_path))
        return fail(errc::einval);
    const u32 resolve_flags = (flags & at_empty_path) | (flags & at_symlink_follow ? 0 : at_symlink_nofollow);
    const auto existing = TRY(resolve_at(from_base, from, resolve_flags));
    named_place place;
    TRY(place.read(to_base, to));
    return vfs::link(existing, place.base, place.name.view());
}

result<void> sys_symlink(user_string target, user_string name)
{
    return sys_symlinkat(target, at_fdcwd, name);
}

result<void> sys_symlinkat(user_string target, int base, user_string name)
{
    path_name text;
    TRY(text.read(target));
    if (text.empty())
        return fail(errc::enoent);
    named_place place;
    TRY(place.read(base, name));
    return vfs::make_symlink(text.view(), place.base, place.name.view());
}

result<size_t> sys_readlink(user_string name, user_ptr<char> buffer, s32 bytes)
{
    return sys_readlinkat(at_fdcwd, name, buffer, bytes);
}

result<size_t> sys_readlinkat(int base, user_string name, user_ptr<char> buffer, s32 bytes)
{
    if (bytes <= 0)
        return fail(errc::einval);
    // An empty name means the symbolic link that `base` was opened on with O_PATH.
    const auto where = TRY(resolve_at(base, name, at_symlink_nofollow | at_empty_path));
    if (!where.inode().is_symlink())
        return fail(TRY(name.read()) == '\0' ? errc::enoent : errc::einval);
    const auto link = TRY(where.inode().read_link());
    const size_t length = std::min(link.text.size(), static_cast<size_t>(bytes));
    TRY(mm::copy_to_user(buffer.address(), link.text.data(), length));
    return length;
}
} // namespace linux
