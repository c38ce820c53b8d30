// The size of files, and getting them onto the medium.
#include "fs/vfs/mount.hh"
#include "linux/abi/resource.hh"
#include "linux/files/arguments.hh"
#include "linux/signal/send.hh"
#include "linux/syscall/refusal.hh"

namespace linux
{
namespace
{
constexpr u64 number_of_fallocate = 285;

bool is_type(vfs::file& file, vfs::file_type type)
{
    return file.inode().type() == type;
}

/// RLIMIT_FSIZE: SIGXFSZ and an error for who goes beyond it.
result<void> check_size_limit(u64 size)
{
    if (size <= current_program().limits().current(rlimit_fsize))
        return {};
    raise_in_current(sigxfsz);
    return fail(errc::efbig);
}

result<void> synchronize(int descriptor, vfs::sync_scope scope)
{
    const auto file = TRY(descriptors().use(descriptor));
    return file->synchronize(scope);
}
} // namespace

result<void> sys_truncate(user_string name, s64 size)
{
    if (size < 0)
        return fail(errc::einval);
    const auto where = TRY(resolve_at(at_fdcwd, name, 0));
    TRY(check_size_limit(static_cast<u64>(size)));
    return vfs::truncate(where, static_cast<u64>(size));
}

result<void> sys_ftruncate(int descriptor, s64 size)
{
    if (size < 0)
        return fail(errc::einval);
    const auto file = TRY(descriptors().use(descriptor));
    if (!file->may_write() || !is_type(*file, vfs::file_type::regular))
        return fail(errc::einval);
    TRY(check_size_limit(static_cast<u64>(size)));
    return file->truncate(static_cast<u64>(size));
}

result<void> sys_fallocate(int descriptor, u32 mode, s64 offset, s64 length)
{
    using namespace vfs::allocate_flag;
    if (offset < 0 || length <= 0)
        return fail(errc::einval);
    const auto file = TRY(descriptors().use(descriptor));
    if (!file->may_write())
        return fail(errc::ebadf);
    if (mode & ~(keep_size | punch_hole | zero_range)) {
        note_refused(number_of_fallocate, "fallocate: this mode is not supported", mode);
        return fail(errc::eopnotsupp);
    }
    if ((mode & punch_hole && !(mode & keep_size)) || (mode & punch_hole && mode & zero_range))
        return fail(errc::eopnotsupp);
    s64 end;
    if (__builtin_add_overflow(offset, length, &end))
        return fail(errc::efbig);
    if (is_type(*file, vfs::file_type::fifo))
        return fail(errc::espipe);
    if (is_type(*file, vfs::file_type::directory))
        return fail(errc::eisdir);
    if (!is_type(*file, vfs::file_type::regular))
        return fail(errc::enodev);
    if (!(mode & keep_size))
        TRY(check_size_limit(static_cast<u64>(end)));
    return file->allocate(mode, static_cast<u64>(offset), static_cast<u64>(length));
}

result<void> sys_fsync(int descriptor)
{
    return synchronize(descriptor, vfs::sync_scope::all);
}

result<void> sys_fdatasync(int descriptor)
{
    return synchronize(descriptor, vfs::sync_scope::data_only);
}

result<void> sys_sync()
{
    (void)vfs::mount::synchronize_all(); // sync(2) cannot fail
    return {};
}

result<void> sys_syncfs(int descriptor)
{
    const auto file = TRY(descriptors().use(descriptor));
    return file->inode().owner().synchronize();
}

result<void> sys_sync_file_range(int descriptor, s64 offset, s64 bytes, u32 flags)
{
    constexpr u32 known = 7; // WAIT_BEFORE, WRITE, WAIT_AFTER
    if (flags & ~known || offset < 0 || bytes < 0)
        return fail(errc::einval);
    s64 end;
    if (__builtin_add_overflow(offset, bytes, &end))
        return fail(errc::einval);
    const auto file = TRY(descriptors().use(descriptor));
    if (!is_type(*file, vfs::file_type::regular) && !is_type(*file, vfs::file_type::directory))
        return fail(errc::espipe);
    return flags ? file->synchronize(vfs::sync_scope::data_only) : result<void>{};
}

result<void> sys_fadvise64(int descriptor, s64, s64 length, int advice)
{
    constexpr int last_advice = 5; // POSIX_FADV_NOREUSE
    const auto file = TRY(descriptors().use(descriptor));
    if (is_type(*file, vfs::file_type::fifo))
        return fail(errc::espipe);
    if (length < 0 || advice < 0 || advice > last_advice)
        return fail(errc::einval);
    return {}; // advice only; the page cache decides by itself
}

result<void> sys_readahead(int descriptor, s64, size_t)
{
    const auto file = TRY(descriptors().use(descriptor));
    if (!file->may_read())
        return fail(errc::ebadf);
    if (!is_type(*file, vfs::file_type::regular))
        return fail(errc::einval);
    return {};
}
} // namespace linux
