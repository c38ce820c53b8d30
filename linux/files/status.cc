// stat, statx, statfs and access: what is known of a file, in Linux's structures.
#include "linux/files/status.hh"
#include "linux/files/arguments.hh"

namespace linux
{
namespace
{
using vfs::attributes;

timespec to_timespec(const vfs::timestamp& t)
{
    return {t.second, t.nanosecond};
}

statx_timestamp to_statx(const vfs::timestamp& t)
{
    return {.seconds = t.second, .nanoseconds = t.nanosecond, .reserved = 0};
}

result<void> give_status(const attributes& a, user_ptr<stat> out)
{
    stat s{};
    s.device = encode_device(a.file_system);
    s.inode = a.inode_number;
    s.link_count = a.links;
    s.mode = a.mode;
    s.uid = a.user;
    s.gid = a.group;
    s.special_device = encode_device(a.device);
    s.size = static_cast<s64>(a.size);
    s.block_size = a.block_size;
    s.blocks = static_cast<s64>(a.blocks);
    s.access_time = to_timespec(a.accessed);
    s.modification_time = to_timespec(a.modified);
    s.change_time = to_timespec(a.changed);
    return out.write(s);
}

result<void> give_statx(const attributes& a, user_ptr<statx> out)
{
    statx s{};
    s.mask = statx_basic_stats | statx_mnt_id | (a.created ? statx_btime : 0);
    s.block_size = a.block_size;
    s.link_count = a.links;
    s.uid = a.user;
    s.gid = a.group;
    s.mode = static_cast<u16>(a.mode);
    s.inode = a.inode_number;
    s.size = a.size;
    s.blocks = a.blocks;
    s.access_time = to_statx(a.accessed);
    s.modification_time = to_statx(a.modified);
    s.change_time = to_statx(a.changed);
    if (a.created)
        s.birth_time = to_statx(*a.created);
    s.special_device_major = a.device.major;
    s.special_device_minor = a.device.minor;
    s.device_major = a.file_system.major;
    s.device_minor = a.file_system.minor;
    s.mount_id = a.mount_id;
    return out.write(s);
}

/// Attributes of (base, name); an empty name with at_empty_path means the descriptor itself, also without a
/// path.
result<void> read_attributes(int base, user_string name, u32 flags, attributes& out)
{
    if (flags & at_empty_path && base >= 0 && TRY(name.read()) == '\0') {
        const auto file = TRY(descriptors().use_any(base));
        return file->get_attributes(out);
    }
    const auto where = TRY(resolve_at(base, name, flags));
    return where.get_attributes(out);
}

result<void> give_usage(const vfs::mount& where, user_ptr<statfs> out)
{
    constexpr s64 flag_valid = 0x20, flag_read_only = 1, flag_relatime = 0x1000;
    vfs::file_system_usage usage;
    TRY(where.fs().usage(usage));
    statfs s{};
    s.type = static_cast<s64>(usage.type_magic);
    s.block_size = static_cast<s64>(usage.block_size);
    s.blocks = usage.blocks;
    s.blocks_free = s.blocks_available = usage.free_blocks;
    s.files = usage.inodes;
    s.files_free = usage.free_inodes;
    s.id[0] = static_cast<s32>(usage.identity);
    s.id[1] = static_cast<s32>(usage.identity >> 32);
    s.name_length = usage.name_limit;
    s.fragment_size = s.block_size;
    s.flags = flag_valid | flag_relatime | (usage.read_only || where.read_only() ? flag_read_only : 0);
    return out.write(s);
}
} // namespace

result<void> sys_stat(user_string name, user_ptr<stat> out)
{
    return sys_newfstatat(at_fdcwd, name, out, 0);
}

result<void> sys_lstat(user_string name, user_ptr<stat> out)
{
    return sys_newfstatat(at_fdcwd, name, out, at_symlink_nofollow);
}

result<void> sys_fstat(int descriptor, user_ptr<stat> out)
{
    attributes a;
    const auto file = TRY(descriptors().use_any(descriptor));
    TRY(file->get_attributes(a));
    return give_status(a, out);
}

result<void> sys_newfstatat(int base, user_string name, user_ptr<stat> out, u32 flags)
{
    if (flags & ~(at_symlink_nofollow | at_no_automount | at_empty_path))
        return fail(errc::einval);
    attributes a;
    TRY(read_attributes(base, name, flags, a));
    return give_status(a, out);
}

result<void> sys_statx(int base, user_string name, u32 flags, u32 mask, user_ptr<statx> out)
{
    if (mask & statx_reserved ||
        flags & ~(at_symlink_nofollow | at_no_automount | at_empty_path | at_statx_sync_type) ||
        (flags & at_statx_sync_type) == at_statx_sync_type)
        return fail(errc::einval);
    attributes a;
    TRY(read_attributes(base, name, flags, a));
    return give_statx(a, out);
}

result<void> sys_statfs(user_string name, user_ptr<statfs> out)
{
    const auto where = TRY(resolve_at(at_fdcwd, name, 0));
    return give_usage(where.mount(), out);
}

result<void> sys_fstatfs(int descriptor, user_ptr<statfs> out)
{
    const auto file = TRY(descriptors().use_any(descriptor));
    if (file->where())
        return give_usage(file->where().mount(), out);
    constexpr s64 anonymous_inode_magic = 0x09041934, pipe_magic = 0x50495045, socket_magic = 0x534f434b;
    statfs s{};
    s.type = file->inode().type() == vfs::file_type::fifo     ? pipe_magic
             : file->inode().type() == vfs::file_type::socket ? socket_magic
                                                              : anonymous_inode_magic;
    s.block_size = s.fragment_size = page_size;
    s.name_length = name_max;
    return out.write(s);
}

result<void> sys_access(user_string name, u32 mode)
{
    return sys_faccessat2(at_fdcwd, name, mode, 0);
}

result<void> sys_faccessat(int base, user_string name, u32 mode)
{
    return sys_faccessat2(base, name, mode, 0);
}

result<void> sys_faccessat2(int base, user_string name, u32 mode, u32 flags)
{
    if (mode & ~(r_ok | w_ok | x_ok) || flags & ~(at_eaccess | at_symlink_nofollow | at_empty_path))
        return fail(errc::einval);
    const auto where = TRY(resolve_at(base, name, flags));
    return mode == f_ok ? result<void>{} : vfs::check_access(where, mode);
}
} // namespace linux
