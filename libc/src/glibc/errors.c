/* strerrorname_np: the names behind musl's own list of messages. */
#include <errno.h>

const char *strerrorname_np(int error)
{
    if (error == 0)
        return "0";
    switch (error) {
#define E(name, text) \
    case name:        \
        return #name;
#include "../errno/__strerror.h"
#undef E
    default:
        return 0;
    }
}
