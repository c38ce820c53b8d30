// Thread-local storage by module: little and much, with and without a first value.
#include <stdint.h>

static __thread int little = 7;
static __thread _Alignas(64) char much[20000] = {1};
static __thread int none;

int count(void)
{
    return ++little;
}

int count_much(void)
{
    return (uintptr_t)much % 64 == 0 ? ++much[19999] + much[0] : -1;
}

int count_none(void)
{
    return ++none;
}
