/* Linux's; see sched_setscheduler.c. */
#include <sched.h>

#include "syscall.h"

int sched_getscheduler(pid_t thread)
{
    return (int)syscall(SYS_sched_getscheduler, thread);
}
