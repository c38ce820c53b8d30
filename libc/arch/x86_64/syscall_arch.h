/* System calls of x86-64 by the direct door. What musl's own header of this name declares. */
#include "kiln_door.h"

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

#define KILN_CALL(result, ...) \
    __asm__ __volatile__(KILN_DOOR : "=a"(result) : __VA_ARGS__ : "rcx", "r11", "memory")

static __inline long __syscall0(long n)
{
    unsigned long result;
    KILN_CALL(result, "a"(n));
    return result;
}

static __inline long __syscall1(long n, long a1)
{
    unsigned long result;
    KILN_CALL(result, "a"(n), "D"(a1));
    return result;
}

static __inline long __syscall2(long n, long a1, long a2)
{
    unsigned long result;
    KILN_CALL(result, "a"(n), "D"(a1), "S"(a2));
    return result;
}

static __inline long __syscall3(long n, long a1, long a2, long a3)
{
    unsigned long result;
    KILN_CALL(result, "a"(n), "D"(a1), "S"(a2), "d"(a3));
    return result;
}

static __inline long __syscall4(long n, long a1, long a2, long a3, long a4)
{
    unsigned long result;
    register long r10 __asm__("r10") = a4;
    KILN_CALL(result, "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10));
    return result;
}

static __inline long __syscall5(long n, long a1, long a2, long a3, long a4, long a5)
{
    unsigned long result;
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    KILN_CALL(result, "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8));
    return result;
}

static __inline long __syscall6(long n, long a1, long a2, long a3, long a4, long a5, long a6)
{
    unsigned long result;
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9") = a6;
    KILN_CALL(result, "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r9));
    return result;
}

#define VDSO_USEFUL
#define VDSO_CGT_SYM "__vdso_clock_gettime"
#define VDSO_CGT_VER "LINUX_2.6"
#define VDSO_GETCPU_SYM "__vdso_getcpu"
#define VDSO_GETCPU_VER "LINUX_2.6"

#define IPC_64 0
