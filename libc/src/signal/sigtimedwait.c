/* sigtimedwait and sigwaitinfo end with EINTR after a handler has run, and what tgkill sent says SI_USER, as glibc's do;
 * sigwait (sigwait.c) goes on. */
#include <signal.h>

#include "syscall.h"

int sigtimedwait(const sigset_t *restrict mask, siginfo_t *restrict info, const struct timespec *restrict timeout)
{
    int signal = (int)syscall_cp(SYS_rt_sigtimedwait, mask, info, timeout, _NSIG / 8);
    if (signal > 0 && info && info->si_code == SI_TKILL)
        info->si_code = SI_USER;
    return signal;
}
