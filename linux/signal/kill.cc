// Sending signals by number. There is one program: its own id, 0 and -its id mean it, everything else is
// ESRCH.
#include "linux/signal/calls.hh"
#include "linux/signal/send.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
result<void> check_signal(int signal)
{
    if (signal != 0 && !is_valid_signal(signal))
        return fail(errc::einval);
    return {};
}

result<void> send_to_thread(int tid, const siginfo& info)
{
    auto target = current_program().find(tid);
    if (!target)
        return fail(errc::esrch);
    if (info.signal == 0)
        return {};
    return send_to_task(*target, info);
}

/// A siginfo that the caller made up. Only the kernel may say that it sent it, or that kill() did.
result<siginfo> read_given_info(int signal, user_ptr<const siginfo> from, bool to_myself)
{
    auto info = TRY(from.read());
    info.signal = signal;
    if ((info.code >= 0 || info.code == si_tkill) && !to_myself)
        return fail(errc::eperm);
    return info;
}
} // namespace

result<void> sys_kill(int pid, int signal)
{
    TRY(check_signal(signal));
    auto& owner = current_program();
    const int own = owner.pid();
    // -1 means everybody else, and there is nobody; thread ids name their program too, as on Linux.
    if (pid == -1 || (pid != own && pid != 0 && pid != -own && !(pid > 0 && owner.find(pid))))
        return fail(errc::esrch);
    if (signal == 0)
        return {};
    return send_to_program(owner, sender_info(signal, si_user));
}

result<void> sys_tkill(int tid, int signal)
{
    TRY(check_signal(signal));
    if (tid <= 0)
        return fail(errc::einval);
    return send_to_thread(tid, sender_info(signal, si_tkill));
}

result<void> sys_tgkill(int pid, int tid, int signal)
{
    TRY(check_signal(signal));
    if (pid <= 0 || tid <= 0)
        return fail(errc::einval);
    if (pid != current_program().pid())
        return fail(errc::esrch);
    return send_to_thread(tid, sender_info(signal, si_tkill));
}

result<void> sys_rt_sigqueueinfo(int pid, int signal, user_ptr<const siginfo> from)
{
    auto& owner = current_program();
    const bool own = pid == owner.pid() || (pid > 0 && owner.find(pid));
    const auto info = TRY(read_given_info(signal, from, own));
    TRY(check_signal(signal));
    if (!own)
        return fail(errc::esrch);
    if (signal == 0)
        return {};
    return send_to_program(owner, info);
}

result<void> sys_rt_tgsigqueueinfo(int pid, int tid, int signal, user_ptr<const siginfo> from)
{
    if (pid <= 0 || tid <= 0)
        return fail(errc::einval);
    const bool own = pid == current_program().pid();
    const auto info = TRY(read_given_info(signal, from, own));
    TRY(check_signal(signal));
    if (!own)
        return fail(errc::esrch);
    return send_to_thread(tid, info);
}
} // namespace linux
