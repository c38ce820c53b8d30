// The smallest program: one line, then the end. For boot times and the smallest memory.
#include <unistd.h>

int main(void)
{
    return write(1, "hello\n", 6) == 6 ? 0 : 1;
}
