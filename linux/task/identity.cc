// Ids of the program, its threads, group and session. The program is process 1, without a parent, and leads
// its group and session.
#include "linux/task/calls.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
/// 0 and the program's own ids; everything else does not exist.
result<void> check_own(int pid)
{
    if (pid == 0 || pid == current_program().pid() || (pid > 0 && current_program().find(pid)))
        return {};
    return fail(errc::esrch);
}
} // namespace

result<int> sys_getpid()
{
    return current_program().pid();
}
result<int> sys_gettid()
{
    return current_task().tid;
}
result<int> sys_getppid()
{
    return 0;
}
result<int> sys_getpgrp()
{
    return current_program().pid();
}

result<int> sys_getpgid(int pid)
{
    TRY(check_own(pid));
    return current_program().pid();
}

result<int> sys_getsid(int pid)
{
    TRY(check_own(pid));
    return current_program().pid();
}

result<void> sys_setpgid(int pid, int group)
{
    if (group < 0)
        return fail(errc::einval);
    TRY(check_own(pid));
    return fail(errc::eperm); // a session leader stays in its group
}

result<int> sys_setsid()
{
    return fail(errc::eperm);
} // it leads one already

result<int> sys_set_tid_address(virt_addr word)
{
    current_task().clear_child_tid = word;
    return current_task().tid;
}
} // namespace linux
