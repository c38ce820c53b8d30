// Calls that would change the tree of mounts: it is made at boot and stays (fs/vfs/mount.hh).
#include "linux/files/calls.hh"
#include "linux/syscall/refusal.hh"

namespace linux
{
namespace
{
constexpr u64 number_of_pivot_root = 155, number_of_chroot = 161, number_of_mount = 165,
              number_of_umount2 = 166;

result<void> refuse(u64 number, std::string_view what, u64 value = 0)
{
    note_refused(number, what, value);
    return fail(errc::eperm);
}
} // namespace

result<void> sys_mount(virt_addr, virt_addr, virt_addr, u64 flags, virt_addr)
{
    return refuse(number_of_mount, "mount: the image's manifest decides what is mounted", flags);
}
result<void> sys_umount2(virt_addr, u32 flags)
{
    return refuse(number_of_umount2, "umount2: mounts stay as they are", flags);
}
result<void> sys_pivot_root(virt_addr, virt_addr)
{
    return refuse(number_of_pivot_root, "pivot_root: the root stays as it is");
}
result<void> sys_chroot(user_string)
{
    return refuse(number_of_chroot, "chroot: the root stays as it is");
}
} // namespace linux
