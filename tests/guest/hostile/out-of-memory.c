// Asks for memory and touches it until there is none.
#include <stdlib.h>
#include <string.h>

int main(void)
{
    for (;;) {
        char* p = malloc(16 << 20);
        if (!p)
            return 42;
        memset(p, 1, 16 << 20);
    }
}
