#include "linux/proc/mount.hh"

#include "fs/root/root.hh"

namespace proc
{
result<void> mount_all()
{
    TRY(vfs::mount_at("/proc", TRY(create(proc_table())), "proc"));
    TRY(vfs::mount_at("/sys", TRY(create(sys_table())), "sysfs"));
    return {};
}
} // namespace proc
