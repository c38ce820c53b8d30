// ioctl: what means the same for every file is served here, the rest by the file (terminals, sockets, pipes).
// Source: ioctl_list(2), asm-generic/ioctls.h.
#include "linux/abi/ioctl.hh"
#include "linux/files/arguments.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
result<u64> set_status_flag(vfs::file& file, u32 flag, virt_addr argument)
{
    const int on = TRY(user_ptr<const int>(argument).read());
    TRY(file.set_flags(on ? file.flags() | flag : file.flags() & ~flag));
    return u64{0};
}

result<u64> set_exec_mode(int descriptor, on_exec mode)
{
    TRY(descriptors().set_exec_mode(descriptor, mode));
    return u64{0};
}

/// FIONREAD of a regular file: what lies behind the position.
result<u64> count_readable(vfs::file& file, virt_addr argument)
{
    vfs::attributes a;
    TRY(file.get_attributes(a));
    const u64 position = TRY(file.seek(0, vfs::seek_origin::current));
    const u64 left = a.size > position ? a.size - position : 0;
    TRY(user_ptr<int>(argument).write(static_cast<int>(left)));
    return u64{0};
}
} // namespace

result<u64> sys_ioctl(int descriptor, u32 request, virt_addr argument)
{
    const auto file = TRY(descriptors().use(descriptor));
    switch (request) {
    case fioclex:
        return set_exec_mode(descriptor, on_exec::close);
    case fionclex:
        return set_exec_mode(descriptor, on_exec::keep);
    case fionbio:
        return set_status_flag(*file, o_nonblock, argument);
    case fioasync:
        return set_status_flag(*file, o_async, argument);
    case fionread:
        if (file->inode().type() == vfs::file_type::regular)
            return count_readable(*file, argument);
        break;
    }
    return restartable(file->control(request, argument));
}
} // namespace linux
