// Sends itself SIGTERM, which it does not handle.
#include <signal.h>

int main(void)
{
    raise(SIGTERM);
    return 0;
}
