#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <wchar.h>

#include "checked.h"

/* The flag asks glibc to refuse %n in writable memory; musl has no such mode. */
#define FORWARD(call)            \
    do {                         \
        va_list arguments;       \
        va_start(arguments, format); \
        int result = call;       \
        va_end(arguments);       \
        return result;           \
    } while (0)

int __printf_chk(int flag, const char *format, ...)
{
    FORWARD(vprintf(format, arguments));
}

int __vprintf_chk(int flag, const char *format, va_list arguments)
{
    return vprintf(format, arguments);
}

int __fprintf_chk(FILE *to, int flag, const char *format, ...)
{
    FORWARD(vfprintf(to, format, arguments));
}

int __vfprintf_chk(FILE *to, int flag, const char *format, va_list arguments)
{
    return vfprintf(to, format, arguments);
}

int __dprintf_chk(int to, int flag, const char *format, ...)
{
    FORWARD(vdprintf(to, format, arguments));
}

int __vdprintf_chk(int to, int flag, const char *format, va_list arguments)
{
    return vdprintf(to, format, arguments);
}

/* Truncated and refused where it would run over; vsnprintf knows the room. */
int __vsprintf_chk(char *to, int flag, size_t room, const char *format, va_list arguments)
{
    if (room > (size_t)0x7fffffff)
        return vsprintf(to, format, arguments);
    int length = vsnprintf(to, room, format, arguments);
    CHECK(length >= 0 ? (size_t)length + 1 : 0, room);
    return length;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
    FORWARD(__vsprintf_chk(to, flag, room, format, arguments));
}

int __vsnprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, va_list arguments)
{
    CHECK(size, room);
    return vsnprintf(to, size, format, arguments);
}

int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
{
    FORWARD(__vsnprintf_chk(to, size, flag, room, format, arguments));
}

int __vasprintf_chk(char **to, int flag, const char *format, va_list arguments)
{
    return vasprintf(to, format, arguments);
}

int __asprintf_chk(char **to, int flag, const char *format, ...)
{
    FORWARD(vasprintf(to, format, arguments));
}

int __fwprintf_chk(FILE *to, int flag, const wchar_t *format, ...)
{
    FORWARD(vfwprintf(to, format, arguments));
}

int __swprintf_chk(wchar_t *to, size_t size, int flag, size_t room, const wchar_t *format, ...)
{
    CHECK(size, room);
    FORWARD(vswprintf(to, size, format, arguments));
}

int __vswprintf_chk(wchar_t *to, size_t size, int flag, size_t room, const wchar_t *format, va_list arguments)
{
    CHECK(size, room);
    return vswprintf(to, size, format, arguments);
}

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
    vsyslog(priority, format, arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

char *__fgets_chk(char *to, size_t room, int size, FILE *from)
{
    CHECK(size > 0 ? (size_t)size : 0, room);
    return fgets(to, size, from);
}

size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *from)
{
    if (size)
        CHECK(count, room / size);
    return fread(to, size, count, from);
}
