// Overflows its stack with a handler that would need that stack.
#include <signal.h>

static volatile int depth;

static void handle(int signal)
{
    depth = signal;
}

static int recurse(int n)
{
    volatile char block[4096];
    block[0] = (char)n;
    depth = n;
    return depth < 0 ? 0 : recurse(n + 1) + block[0];
}

int main(void)
{
    signal(SIGSEGV, handle);
    return recurse(0);
}
