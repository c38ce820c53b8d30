// Ends of threads and of the program; and waiting for children, of which there are none.
#include "linux/task/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr int wait_options = 1 | 2 | 8 | 0x20000000 | 0x40000000 | static_cast<int>(0x80000000);
constexpr int waitid_options =
    1 | 2 | 4 | 8 | 0x01000000 | 0x20000000 | 0x40000000 | static_cast<int>(0x80000000);
constexpr int waitid_events = 2 | 4 | 8; // WSTOPPED, WEXITED, WCONTINUED
constexpr int p_all = 0, p_pid = 1, p_pgid = 2, p_pidfd = 3;
} // namespace

result<void> sys_exit(int code)
{
    current_task().exit(code);
}

result<void> sys_exit_group(int code)
{
    current_program().end(static_cast<u32>(code & 0xff) << 8);
}

result<int> sys_wait4(int pid, user_ptr<s32>, int options, user_ptr<rusage>)
{
    if (options & ~wait_options)
        return fail(errc::einval);
    if (pid == INT32_MIN)
        return fail(errc::esrch);
    return fail(errc::echild);
}

result<int> sys_waitid(int which, int pid, virt_addr, int options, user_ptr<rusage>)
{
    if ((options & ~waitid_options) || !(options & waitid_events))
        return fail(errc::einval);
    switch (which) {
    case p_all:
        return fail(errc::echild);
    case p_pid:
        return fail(pid <= 0 ? errc::einval : errc::echild);
    case p_pgid:
        return fail(pid < 0 ? errc::einval : errc::echild);
    case p_pidfd:
        return fail(pid < 0 ? errc::einval : errc::ebadf); // no descriptor refers to a process here
    default:
        return fail(errc::einval);
    }
}
} // namespace linux
