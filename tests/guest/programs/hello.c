// The smallest program.
#include <stdio.h>

int main(void)
{
    puts("Hello from a virtual machine of its own");
    return 0;
}
