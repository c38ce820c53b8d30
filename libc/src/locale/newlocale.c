/* newlocale: always a locale of its own, because what it gives must also look like glibc's (glibc_locale.h). */
#include <ctype.h>
#include <stdlib.h>

#include "glibc_locale.h"
#include "lock.h"

#define malloc __libc_malloc

const unsigned short **__ctype_b_loc(void);
const int32_t **__ctype_tolower_loc(void);
const int32_t **__ctype_toupper_loc(void);

int __loc_is_allocated(locale_t l)
{
    return l && l != C_LOCALE && l != UTF8_LOCALE;
}

hidden locale_t __kiln_make_locale(const struct __locale_struct *of)
{
    struct glibc_locale *l = malloc(sizeof *l);
    if (!l)
        return 0;
    for (int i = 0; i < 13; i++)
        l->categories[i] = 0;
    l->musl = *of;
    l->classes = *__ctype_b_loc();
    l->lower = *__ctype_tolower_loc();
    l->upper = *__ctype_toupper_loc();
    for (int i = 0; i < 13; i++)
        l->names[i] = "C";
    return (locale_t)l;
}

locale_t __newlocale(int mask, const char *name, locale_t base)
{
    struct __locale_struct made;
    LOCK(__locale_lock);
    for (int i = 0; i < LC_ALL; i++) {
        int chosen = mask & (1 << i);
        made.cat[i] = !chosen && base ? base->cat[i] : __get_locale(i, chosen ? name : "");
        if (made.cat[i] == LOC_MAP_FAILED) {
            UNLOCK(__locale_lock);
            return 0;
        }
    }
    UNLOCK(__locale_lock);
    if (!__loc_is_allocated(base))
        return __kiln_make_locale(&made);
    *base = made;
    return base;
}

weak_alias(__newlocale, newlocale);
