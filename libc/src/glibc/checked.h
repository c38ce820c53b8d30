/* The *_chk functions that _FORTIFY_SOURCE calls: the plain function with the room that the compiler knows of. */
#ifndef KILN_CHECKED_H
#define KILN_CHECKED_H

#include <stddef.h>

#include "atomic.h"

/* glibc ends the program here; so do we. */
#define CHECK(needed, room) \
    do {                    \
        if ((needed) > (room)) \
            a_crash();      \
    } while (0)
#endif
