/* Linux's; see sched_setscheduler.c. */
#include <sched.h>

#include "syscall.h"

int sched_getparam(pid_t thread, struct sched_param *parameters)
{
    return (int)syscall(SYS_sched_getparam, thread, parameters);
}
