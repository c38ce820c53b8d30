// Blocks SIGSEGV, ignores it, and then faults.
#include <signal.h>

int main(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    signal(SIGSEGV, SIG_IGN);
    *(volatile int*)0 = 1;
    return 0;
}
