#include "glibc_locale.h"
#include "libc.h"

locale_t __duplocale(locale_t old)
{
    return __kiln_make_locale(old == LC_GLOBAL_LOCALE ? &libc.global_locale : old);
}

weak_alias(__duplocale, duplocale);
