/* parse_printf_format: the types of a format's arguments, for programs that walk va_lists themselves. */
#include <stddef.h>
#include <string.h>

enum { is_int, is_char, is_wchar, is_string, is_wstring, is_pointer, is_float, is_double };
enum { flag_long_long = 1 << 8, flag_long = 1 << 9, flag_short = 1 << 10, flag_pointer = 1 << 11 };

static int type_of(char conversion, int size)
{
    switch (conversion) {
    case 'd': case 'i': case 'o': case 'u': case 'x': case 'X':
        return is_int | size;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        return is_double | (size & flag_long_long);
    case 'c':
        return size & flag_long ? is_wchar : is_char;
    case 's':
        return size & flag_long ? is_wstring : is_string;
    case 'p':
        return is_pointer;
    case 'n':
        return is_int | flag_pointer | size;
    default:
        return -1; /* %% and %m take none */
    }
}

size_t parse_printf_format(const char *format, size_t room, int *types)
{
    size_t count = 0;
    while ((format = strchr(format, '%'))) {
        format++;
        for (; *format && strchr("-+ #0'I123456789.*", *format); format++)
            if (*format == '*') {
                if (count < room)
                    types[count] = is_int;
                count++;
            }
        int size = 0;
        for (; *format && strchr("hlLqjzt", *format); format++)
            size = *format == 'h' ? flag_short : *format == 'L' || *format == 'q' ? flag_long_long : flag_long;
        int type = type_of(*format, size);
        if (type >= 0) {
            if (count < room)
                types[count] = type;
            count++;
        }
        if (*format)
            format++;
    }
    return count;
}
