/* Linux's; see sched_setscheduler.c. */
#include <sched.h>

#include "syscall.h"

int sched_setparam(pid_t thread, const struct sched_param *parameters)
{
    return (int)syscall(SYS_sched_setparam, thread, parameters);
}
