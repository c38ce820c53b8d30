// chmod, chown and the times of a file.
#include "linux/files/arguments.hh"

namespace linux
{
namespace
{
using vfs::attribute_changes;

constexpr u32 unchanged_id = ~u32{0};
constexpr s64 time_now = 0x3fffffff;  // UTIME_NOW
constexpr s64 time_omit = 0x3ffffffe; // UTIME_OMIT
constexpr s64 nanoseconds_per_second = 1'000'000'000;

/// What fchmod, fchown and futimens change: an anonymous file's inode too, but nothing by an O_PATH
/// descriptor.
result<void> change_open_file(int descriptor, const attribute_changes& changes)
{
    const auto file = TRY(descriptors().use(descriptor));
    if (file->where())
        return vfs::set_attributes(file->where(), changes);
    return file->inode().set_attributes(changes);
}

attribute_changes owner_changes(u32 user, u32 group)
{
    attribute_changes changes;
    if (user != unchanged_id)
        changes.user = user;
    if (group != unchanged_id)
        changes.group = group;
    return changes;
}

/// Sets `field` unless the time is to stay as it is.
result<void> set_time(std::optional<vfs::timestamp>& field, const timespec& t)
{
    if (t.nanoseconds == time_omit)
        return {};
    if (t.nanoseconds == time_now) {
        field = vfs::timestamp::now();
        return {};
    }
    if (t.nanoseconds < 0 || t.nanoseconds >= nanoseconds_per_second)
        return fail(errc::einval);
    field = vfs::timestamp{t.seconds, static_cast<u32>(t.nanoseconds)};
    return {};
}

result<attribute_changes> time_changes(const timespec& accessed, const timespec& modified)
{
    attribute_changes changes;
    TRY(set_time(changes.accessed, accessed));
    TRY(set_time(changes.modified, modified));
    return changes;
}

result<attribute_changes> both_now()
{
    return time_changes({0, time_now}, {0, time_now});
}

result<attribute_changes> read_timevals(user_ptr<const timeval> times)
{
    if (!times)
        return both_now();
    timespec both[2];
    for (u64 i = 0; i < 2; i++) {
        const timeval t = TRY((times + i).read());
        if (t.microseconds < 0 || t.microseconds >= 1'000'000)
            return fail(errc::einval);
        both[i] = {t.seconds, t.microseconds * 1000};
    }
    return time_changes(both[0], both[1]);
}

result<void> change_times(int base, user_string name, u32 flags, const attribute_changes& changes)
{
    const auto where = TRY(resolve_at(base, name, flags));
    if (!changes.accessed && !changes.modified)
        return {};
    return vfs::set_attributes(where, changes);
}
} // namespace

result<void> sys_chmod(user_string name, u32 mode)
{
    return sys_fchmodat(at_fdcwd, name, mode);
}

result<void> sys_fchmod(int descriptor, u32 mode)
{
    attribute_changes changes;
    changes.permissions = mode & vfs::permission_mask;
    return change_open_file(descriptor, changes);
}

result<void> sys_fchmodat(int base, user_string name, u32 mode)
{
    attribute_changes changes;
    changes.permissions = mode & vfs::permission_mask;
    return vfs::set_attributes(TRY(resolve_at(base, name, 0)), changes);
}

result<void> sys_chown(user_string name, u32 user, u32 group)
{
    return sys_fchownat(at_fdcwd, name, user, group, 0);
}

result<void> sys_lchown(user_string name, u32 user, u32 group)
{
    return sys_fchownat(at_fdcwd, name, user, group, at_symlink_nofollow);
}

result<void> sys_fchown(int descriptor, u32 user, u32 group)
{
    return change_open_file(descriptor, owner_changes(user, group));
}

result<void> sys_fchownat(int base, user_string name, u32 user, u32 group, u32 flags)
{
    if (flags & ~(at_symlink_nofollow | at_empty_path))
        return fail(errc::einval);
    return vfs::set_attributes(TRY(resolve_at(base, name, flags)), owner_changes(user, group));
}

result<void> sys_utime(user_string name, user_ptr<const s64> times)
{
    if (!times)
        return change_times(at_fdcwd, name, 0, TRY(both_now()));
    const s64 accessed = TRY(times.read());
    const s64 modified = TRY((times + 1).read());
    return change_times(at_fdcwd, name, 0, TRY(time_changes({accessed, 0}, {modified, 0})));
}

result<void> sys_utimes(user_string name, user_ptr<const timeval> times)
{
    return change_times(at_fdcwd, name, 0, TRY(read_timevals(times)));
}

result<void> sys_futimesat(int base, user_string name, user_ptr<const timeval> times)
{
    const auto changes = TRY(read_timevals(times));
    if (!name)
        return change_open_file(base, changes);
    return change_times(base, name, 0, changes);
}

result<void> sys_utimensat(int base, user_string name, user_ptr<const timespec> times, u32 flags)
{
    if (flags & ~(at_symlink_nofollow | at_empty_path))
        return fail(errc::einval);
    auto changes = TRY(both_now());
    if (times) {
        const timespec accessed = TRY(times.read());
        const timespec modified = TRY((times + 1).read());
        changes = TRY(time_changes(accessed, modified));
    }
    if (name)
        return change_times(base, name, flags, changes);
    if (flags != 0)
        return fail(errc::einval);
    if (!changes.accessed && !changes.modified) {
        TRY(descriptors().use(base));
        return {};
    }
    return change_open_file(base, changes);
}
} // namespace linux
