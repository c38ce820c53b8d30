/* What glibc offers to programs that describe their own crash. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int trace_function(void *context, void *argument);
struct trace {
    void **to;
    int room, count;
};

static int note(void *context, void *argument)
{
    static void *(*address_of)(void *);
    struct trace *t = argument;
    if (!address_of)
        address_of = (void *(*)(void *))dlsym(RTLD_DEFAULT, "_Unwind_GetIP");
    if (t->count >= t->room || !address_of)
        return 5; /* _URC_END_OF_STACK */
    t->to[t->count++] = address_of(context);
    return 0;
}

/* The unwinder is libgcc_s, which is there if the program or a library of it uses exceptions; without it the trace is
 * empty. */
int backtrace(void **to, int room)
{
    int (*walk)(trace_function *, void *) = (int (*)(trace_function *, void *))dlsym(RTLD_DEFAULT, "_Unwind_Backtrace");
    struct trace t = {to, room, 0};
    if (walk)
        walk(note, &t);
    return t.count;
}

static int describe(char *to, size_t room, void *address)
{
    Dl_info info;
    if (!dladdr(address, &info))
        return snprintf(to, room, "[%p]", address);
    if (!info.dli_sname)
        return snprintf(to, room, "%s(+%#lx) [%p]", info.dli_fname, (long)((char *)address - (char *)info.dli_fbase),
                        address);
    return snprintf(to, room, "%s(%s+%#lx) [%p]", info.dli_fname, info.dli_sname,
                    (long)((char *)address - (char *)info.dli_saddr), address);
}

char **backtrace_symbols(void *const *addresses, int count)
{
    size_t size = (size_t)count * sizeof(char *);
    for (int i = 0; i < count; i++)
        size += (size_t)describe(0, 0, addresses[i]) + 1;
    char **result = malloc(size);
    if (!result)
        return 0;
    char *at = (char *)(result + count);
    for (int i = 0; i < count; i++) {
        result[i] = at;
        at += describe(at, size, addresses[i]) + 1;
    }
    return result;
}

void backtrace_symbols_fd(void *const *addresses, int count, int to)
{
    char line[512];
    for (int i = 0; i < count; i++) {
        int length = describe(line, sizeof line - 1, addresses[i]);
        if (length >= (int)sizeof line)
            length = sizeof line - 1;
        line[length] = '\n';
        write(to, line, (size_t)length + 1);
    }
}
