#include <errno.h>
#include <signal.h>

int sigwait(const sigset_t *restrict mask, int *restrict number)
{
    int signal;
    do
        signal = sigtimedwait(mask, 0, 0);
    while (signal < 0 && errno == EINTR);
    if (signal < 0)
        return errno;
    *number = signal;
    return 0;
}
