// Needs inner, whose constructor runs first and whose destructor runs last.
#include <unistd.h>

void note(char what);

__attribute__((constructor)) static void begin(void)
{
    note('o');
}

__attribute__((destructor)) static void end(void)
{
    (void)!write(1, "# outer ends\n", 13);
}

int outer_value(void)
{
    return 17;
}
