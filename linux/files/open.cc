// open and its relatives.
#include "linux/files/arguments.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
using namespace vfs;

constexpr u32 known_flags = o_accmode | o_creat | o_excl | o_noctty | o_trunc | o_append | o_nonblock |
                            o_dsync | o_async | o_direct | o_largefile | o_directory | o_nofollow |
                            o_noatime | o_cloexec | o_sync | o_path | o_tmpfile;
/// What counts beside O_PATH.
constexpr u32 path_flags = o_directory | o_nofollow | o_path | o_cloexec;
constexpr u32 tmpfile_only = o_tmpfile & ~o_directory;

result<int> open_at(int base, user_string name, u32 flags, u32 mode)
{
    if (flags & o_path)
        flags &= path_flags;
    if (flags & tmpfile_only && (flags & o_tmpfile) != o_tmpfile)
        return fail(errc::einval);
    if (flags & tmpfile_only && (flags & o_accmode) == o_rdonly)
        return fail(errc::einval);

    named_place place;
    TRY(place.read(base, name));
    const auto exec = flags & o_cloexec ? on_exec::close : on_exec::keep;
    auto file = vfs::open(place.base, place.name.view(), (flags & ~o_cloexec) | o_largefile,
                          mode & permission_mask & ~filesystem().umask());
    if (!file)
        return fail(restartable(file.error()));
    return descriptors().install(file.take(), exec);
}

struct open_how {
    u64 flags;
    u64 mode;
    u64 resolve;
};
} // namespace

result<int> sys_open(user_string name, u32 flags, u32 mode)
{
    return sys_openat(at_fdcwd, name, flags, mode);
}

result<int> sys_openat(int base, user_string name, u32 flags, u32 mode)
{
    return open_at(base, name, flags & known_flags, flags & (o_creat | tmpfile_only) ? mode : 0);
}

result<int> sys_creat(user_string name, u32 mode)
{
    return sys_openat(at_fdcwd, name, o_creat | o_wronly | o_trunc, mode);
}

result<int> sys_openat2(int base, user_string name, virt_addr how, size_t size)
{
    if (size < sizeof(open_how))
        return fail(errc::einval);
    if (size > page_size)
        return fail(errc::e2big);
    for (size_t at = sizeof(open_how); at < size; at++) // a later Linux's fields must not ask for anything
        if (TRY(user_ptr<const u8>(how + at).read()) != 0)
            return fail(errc::e2big);
    const open_how wanted = TRY(user_ptr<const open_how>(how).read());
    if (wanted.flags & ~u64{known_flags} || wanted.mode & ~u64{permission_mask})
        return fail(errc::einval);
    if (wanted.mode && !(wanted.flags & (o_creat | tmpfile_only)))
        return fail(errc::einval);
    if (wanted.resolve) // limits to a subtree, for which programs have a way without
        return fail(errc::eagain);
    return open_at(base, name, static_cast<u32>(wanted.flags), static_cast<u32>(wanted.mode));
}
} // namespace linux
