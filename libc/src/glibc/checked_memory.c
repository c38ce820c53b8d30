#define _GNU_SOURCE
#include <string.h>
#include <wchar.h>

#include "checked.h"

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room)
{
    CHECK(size, room);
    return memcpy(to, from, size);
}

void *__memmove_chk(void *to, const void *from, size_t size, size_t room)
{
    CHECK(size, room);
    return memmove(to, from, size);
}

void *__mempcpy_chk(void *to, const void *from, size_t size, size_t room)
{
    CHECK(size, room);
    return mempcpy(to, from, size);
}

void *__memset_chk(void *to, int value, size_t size, size_t room)
{
    CHECK(size, room);
    return memset(to, value, size);
}

void __explicit_bzero_chk(void *to, size_t size, size_t room)
{
    CHECK(size, room);
    explicit_bzero(to, size);
}

char *__strcpy_chk(char *to, const char *from, size_t room)
{
    CHECK(strlen(from) + 1, room);
    return strcpy(to, from);
}

char *__stpcpy_chk(char *to, const char *from, size_t room)
{
    CHECK(strlen(from) + 1, room);
    return stpcpy(to, from);
}

char *__strncpy_chk(char *to, const char *from, size_t size, size_t room)
{
    CHECK(size, room);
    return strncpy(to, from, size);
}

char *__stpncpy_chk(char *to, const char *from, size_t size, size_t room)
{
    CHECK(size, room);
    return stpncpy(to, from, size);
}

char *__strcat_chk(char *to, const char *from, size_t room)
{
    CHECK(strlen(to) + strlen(from) + 1, room);
    return strcat(to, from);
}

char *__strncat_chk(char *to, const char *from, size_t size, size_t room)
{
    CHECK(strlen(to) + strnlen(from, size) + 1, room);
    return strncat(to, from, size);
}

wchar_t *__wmemcpy_chk(wchar_t *to, const wchar_t *from, size_t count, size_t room)
{
    CHECK(count, room);
    return wmemcpy(to, from, count);
}

wchar_t *__wmemset_chk(wchar_t *to, wchar_t value, size_t count, size_t room)
{
    CHECK(count, room);
    return wmemset(to, value, count);
}

wchar_t *__wcscpy_chk(wchar_t *to, const wchar_t *from, size_t room)
{
    CHECK(wcslen(from) + 1, room);
    return wcscpy(to, from);
}

size_t __mbstowcs_chk(wchar_t *to, const char *from, size_t count, size_t room)
{
    CHECK(count, room);
    extern size_t mbstowcs(wchar_t *restrict, const char *restrict, size_t);
    return mbstowcs(to, from, count);
}

size_t __wcstombs_chk(char *to, const wchar_t *from, size_t size, size_t room)
{
    CHECK(size, room);
    extern size_t wcstombs(char *restrict, const wchar_t *restrict, size_t);
    return wcstombs(to, from, size);
}

size_t __mbsrtowcs_chk(wchar_t *to, const char **from, size_t count, mbstate_t *state, size_t room)
{
    CHECK(count, room);
    return mbsrtowcs(to, from, count, state);
}

size_t __mbsnrtowcs_chk(wchar_t *to, const char **from, size_t bytes, size_t count, mbstate_t *state, size_t room)
{
    CHECK(count, room);
    return mbsnrtowcs(to, from, bytes, count, state);
}
