// Faults in the handler of its fault.
#include <signal.h>

static void again(int signal)
{
    *(volatile int*)8 = signal;
}

int main(void)
{
    signal(SIGSEGV, again);
    *(volatile int*)0 = 1;
    return 0;
}
