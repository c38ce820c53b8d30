// close, dup and fcntl: calls about descriptors rather than what they lead to.
#include "linux/abi/signal.hh"
#include "linux/files/arguments.hh"
#include "linux/files/lock_calls.hh"
#include "linux/files/memory_file.hh"
#include "linux/syscall/refusal.hh"

namespace linux
{
namespace
{
constexpr u32 close_range_unshare = 2;
constexpr u32 close_range_cloexec = 4;
constexpr u64 number_of_fcntl = 72;

constexpr on_exec exec_mode_of(bool close)
{
    return close ? on_exec::close : on_exec::keep;
}

result<s64> duplicate_from(int descriptor, u64 lowest, on_exec mode)
{
    const auto file = TRY(descriptors().use_any(descriptor));
    if (lowest >= descriptors().limit())
        return fail(errc::einval);
    return s64{TRY(descriptors().install(file.share(), mode, static_cast<int>(lowest)))};
}

/// Commands that an O_PATH descriptor allows.
constexpr bool allowed_for_path(u32 command)
{
    return command == f_dupfd || command == f_dupfd_cloexec || command == f_getfd || command == f_setfd ||
           command == f_getfl;
}

result<s64> set_flags(vfs::file& file, u64 flags)
{
    TRY(file.set_flags((file.flags() & ~vfs::open_flag::changeable) |
                       (static_cast<u32>(flags) & vfs::open_flag::changeable)));
    return s64{0};
}

result<s64> signal_owner(vfs::file& file, u32 command, u64 argument)
{
    // Who gets SIGIO and SIGURG is remembered nowhere: no file here sends them.
    if (command == f_getown || command == f_getsig)
        return s64{0};
    if (command == f_setsig && argument > signal_count)
        return fail(errc::einval);
    if (argument && file.flags() & o_async)
        note_refused(number_of_fcntl, "fcntl: signals for input and output are not sent", command);
    return s64{0};
}
} // namespace

result<void> sys_close(int descriptor)
{
    auto& table = descriptors();
    if (file_locks::any()) [[unlikely]]
        if (const auto file = table.get(descriptor))
            release_program_locks(*file);
    return table.close(descriptor);
}

result<void> sys_close_range(u32 first, u32 last, u32 flags)
{
    if (first > last || flags & ~(close_range_unshare | close_range_cloexec))
        return fail(errc::einval);
    if (flags & close_range_cloexec)
        descriptors().close_on_exec_range(first, last);
    else
        descriptors().close_range(first, last);
    return {};
}

result<int> sys_dup(int descriptor)
{
    const auto file = TRY(descriptors().use_any(descriptor));
    return descriptors().install(file.share(), on_exec::keep);
}

result<int> sys_dup2(int descriptor, int target)
{
    const auto file = TRY(descriptors().use_any(descriptor));
    if (descriptor == target)
        return target;
    return descriptors().install_at(target, file.share(), on_exec::keep);
}

result<int> sys_dup3(int descriptor, int target, u32 flags)
{
    if (flags & ~o_cloexec || descriptor == target)
        return fail(errc::einval);
    const auto file = TRY(descriptors().use_any(descriptor));
    return descriptors().install_at(target, file.share(), exec_mode_of(flags & o_cloexec));
}

result<s64> sys_fcntl(int descriptor, u32 command, u64 argument)
{
    auto file = TRY(descriptors().use_any(descriptor));
    if (file->path_only() && !allowed_for_path(command))
        return fail(errc::ebadf);
    switch (command) {
    case f_dupfd:
        return duplicate_from(descriptor, argument, on_exec::keep);
    case f_dupfd_cloexec:
        return duplicate_from(descriptor, argument, on_exec::close);
    case f_getfd:
        return s64{TRY(descriptors().exec_mode(descriptor)) == on_exec::close ? fd_cloexec : 0};
    case f_setfd:
        TRY(descriptors().set_exec_mode(descriptor, exec_mode_of(argument & fd_cloexec)));
        return s64{0};
    case f_getfl:
        return s64{file->flags() & ~vfs::open_flag::only_for_open};
    case f_setfl:
        return set_flags(*file, argument);
    case f_getlk:
    case f_setlk:
    case f_setlkw:
    case f_ofd_getlk:
    case f_ofd_setlk:
    case f_ofd_setlkw:
        return range_lock(*file, command, user_ptr<flock>(argument));
    case f_setown:
    case f_getown:
    case f_setsig:
    case f_getsig:
        return signal_owner(*file, command, argument);
    case f_setpipe_sz:
        return static_cast<s64>(TRY(file->set_pipe_size(static_cast<u32>(argument))));
    case f_getpipe_sz:
        return static_cast<s64>(TRY(file->pipe_size()));
    case f_add_seals:
    case f_get_seals:
        return seals(*file, command, argument);
    case f_getlease:
        return s64{f_unlck};
    case f_setlease:
        return fail(static_cast<s16>(argument) == f_unlck ? errc::eagain : errc::einval);
    default:
        return fail(errc::einval);
    }
}
} // namespace linux
