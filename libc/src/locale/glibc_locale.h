/* A locale as both libraries see it. libstdc++ takes glibc's character tables out of a locale_t: they lie at fixed places
 * behind thirteen categories. musl's own part is the first six words. */
#ifndef KILN_GLIBC_LOCALE_H
#define KILN_GLIBC_LOCALE_H

#include "locale_impl.h"

struct glibc_locale {
    union {
        struct __locale_struct musl;
        void *categories[13];
    };
    const unsigned short *classes;
    const int *lower;
    const int *upper;
    const char *names[13];
};

hidden locale_t __kiln_make_locale(const struct __locale_struct *of);
#endif
