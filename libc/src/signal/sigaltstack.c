/* The kernel checks what musl's own checks first, in another order. */
#include <signal.h>

#include "syscall.h"

int sigaltstack(const stack_t *restrict stack, stack_t *restrict old)
{
    return (int)syscall(SYS_sigaltstack, stack, old);
}
