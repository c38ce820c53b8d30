/* musl answers ENOSYS, because POSIX means processes and Linux threads; programs of glibc's expect Linux. */
#include <sched.h>

#include "syscall.h"

int sched_setscheduler(pid_t thread, int policy, const struct sched_param *parameters)
{
    return (int)syscall(SYS_sched_setscheduler, thread, policy, parameters);
}
