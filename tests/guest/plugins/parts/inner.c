// What another plugin needs: it keeps the order in which constructors ran.
#include <string.h>
#include <unistd.h>

char order[16];

void note(char what)
{
    order[strlen(order)] = what;
}

__attribute__((constructor)) static void begin(void)
{
    note('i');
}

__attribute__((destructor)) static void end(void)
{
    (void)!write(1, "# inner ends\n", 13);
}
