// Lets its alarm ring.
#include <unistd.h>

int main(void)
{
    alarm(1);
    for (;;)
        pause();
    return 0;
}
