// Prints what it was given: arguments, environment, working directory, and ends with the status of argv[1].
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char** environ;

int main(int argc, char** argv)
{
    char cwd[4096];
    for (int i = 0; i < argc; i++)
        printf("argv[%d]=%s\n", i, argv[i]);
    for (char** e = environ; *e; e++)
        printf("env %s\n", *e);
    if (getcwd(cwd, sizeof cwd))
        printf("cwd %s\n", cwd);
    return argc > 1 ? atoi(argv[1]) : 0;
}
