// What compilers expect to find: memory functions, pure virtual calls, the stack protector's alarm.
//
// The memory functions are the one place for bulk copy and clear inside the kernel. REP MOVSQ and STOSQ are
// good on every CPU with fast strings and under emulation; short lengths go byte by byte.
#include <cstddef>
#include <cstdint>
#include <new>

#include "core/base/assert.hh"

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t n)
{
    void* d = to;
    size_t words = n / 8, bytes = n % 8;
    asm volatile("rep movsq\n\tmovq %3, %0\n\trep movsb"
                 : "+c"(words), "+D"(d), "+S"(from)
                 : "r"(bytes)
                 : "memory");
    return to;
}

void* memset(void* to, int value, size_t n)
{
    void* d = to;
    const uint64_t pattern = 0x0101010101010101u * static_cast<unsigned char>(value);
    size_t words = n / 8, bytes = n % 8;
    asm volatile("rep stosq\n\tmovq %2, %0\n\trep stosb"
                 : "+c"(words), "+D"(d)
                 : "r"(bytes), "a"(pattern)
                 : "memory");
    return to;
}

void* memmove(void* to, const void* from, size_t n)
{
    auto* d = static_cast<unsigned char*>(to);
    const auto* s = static_cast<const unsigned char*>(from);
    if (d <= s || d >= s + n)
        return memcpy(to, from, n);
    const unsigned char* last = s + n - 1;
    unsigned char* last_to = d + n - 1;
    asm volatile("std\n\trep movsb\n\tcld" : "+c"(n), "+S"(last), "+D"(last_to)::"memory");
    return to;
}

int memcmp(const void* a, const void* b, size_t n)
{
    const auto* x = static_cast<const unsigned char*>(a);
    const auto* y = static_cast<const unsigned char*>(b);
    for (; n >= 8; n -= 8, x += 8, y += 8) {
        uint64_t u, v;
        __builtin_memcpy(&u, x, 8);
        __builtin_memcpy(&v, y, 8);
        if (u != v)
            return __builtin_bswap64(u) < __builtin_bswap64(v) ? -1 : 1;
    }
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void* memchr(const void* where, int value, size_t n)
{
    const auto* p = static_cast<const unsigned char*>(where);
    constexpr uint64_t ones = 0x0101010101010101u;
    const uint64_t pattern = ones * static_cast<unsigned char>(value);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        __builtin_memcpy(&word, p, 8);
        word ^= pattern; // a byte that is sought is zero now
        if (const uint64_t zero = (word - ones) & ~word & (ones << 7))
            return const_cast<unsigned char*>(p) + __builtin_ctzll(zero) / 8;
    }
    for (; n; n--, p++)
        if (*p == static_cast<unsigned char>(value))
            return const_cast<unsigned char*>(p);
    return nullptr;
}

size_t strlen(const char* s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

size_t strnlen(const char* s, size_t limit)
{
    size_t n = 0;
    while (n < limit && s[n])
        n++;
    return n;
}

int strcmp(const char* a, const char* b)
{
    while (*a && *a == *b)
        a++, b++;
    return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
}

int strncmp(const char* a, const char* b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
    return 0;
}

// std::popcount without the POPCNT instruction, which the kernel does not require.
int __popcountdi2(long value)
{
    auto v = static_cast<uint64_t>(value);
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return static_cast<int>(v * 0x0101010101010101u >> 56);
}

[[noreturn]] void __stack_chk_fail()
{
    panic("stack protector: a function wrote beyond its frame");
}
[[noreturn]] void __cxa_pure_virtual()
{
    panic("a pure virtual function was called");
}
[[noreturn]] void abort()
{
    panic("abort");
}
}

namespace std
{
const nothrow_t nothrow{};

[[noreturn]] void __throw_bad_optional_access()
{
    panic("an empty optional was read");
}
[[noreturn]] void __throw_out_of_range_fmt(const char* what, ...)
{
    panic(what);
}
[[noreturn]] void __throw_length_error(const char* what)
{
    panic(what);
}
[[noreturn]] void __throw_bad_function_call()
{
    panic("an empty function was called");
}
} // namespace std
