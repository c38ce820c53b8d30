/* System calls of x86-64 by the direct door. What musl's own header of this name declares. */
#include "kiln_door.h"

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

/* The kernel keeps what a function keeps: the registers of arguments are gone afterwards. */
#define KILN_CALL(...) __asm__ __volatile__(KILN_DOOR : "+a"(n), __VA_ARGS__ : "rcx", "r11", "memory")

static __inline long __syscall6(long n, long a1, long a2, long a3, long a4, long a5, long a6)
{
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9") = a6;
    KILN_CALL("+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8), "+r"(r9) :);
    return n;
}

static __inline long __syscall5(long n, long a1, long a2, long a3, long a4, long a5)
{
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9");
    KILN_CALL("+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8), "=r"(r9) :);
    return n;
}

static __inline long __syscall4(long n, long a1, long a2, long a3, long a4)
{
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8");
    register long r9 __asm__("r9");
    KILN_CALL("+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "=r"(r8), "=r"(r9) :);
    return n;
}

static __inline long __syscall3(long n, long a1, long a2, long a3)
{
    register long r10 __asm__("r10");
    register long r8 __asm__("r8");
    register long r9 __asm__("r9");
    KILN_CALL("+D"(a1), "+S"(a2), "+d"(a3), "=r"(r10), "=r"(r8), "=r"(r9) :);
    return n;
}

static __inline long __syscall2(long n, long a1, long a2)
{
    long a3;
    register long r10 __asm__("r10");
    register long r8 __asm__("r8");
    register long r9 __asm__("r9");
    KILN_CALL("+D"(a1), "+S"(a2), "=d"(a3), "=r"(r10), "=r"(r8), "=r"(r9) :);
    return n;
}

static __inline long __syscall1(long n, long a1)
{
    long a2, a3;
    register long r10 __asm__("r10");
    register long r8 __asm__("r8");
    register long r9 __asm__("r9");
    KILN_CALL("+D"(a1), "=S"(a2), "=d"(a3), "=r"(r10), "=r"(r8), "=r"(r9) :);
    return n;
}

static __inline long __syscall0(long n)
{
    long a1, a2, a3;
    register long r10 __asm__("r10");
    register long r8 __asm__("r8");
    register long r9 __asm__("r9");
    KILN_CALL("=D"(a1), "=S"(a2), "=d"(a3), "=r"(r10), "=r"(r8), "=r"(r9) :);
    return n;
}

#define VDSO_USEFUL
#define VDSO_CGT_SYM "__vdso_clock_gettime"
#define VDSO_CGT_VER "LINUX_2.6"
#define VDSO_GETCPU_SYM "__vdso_getcpu"
#define VDSO_GETCPU_VER "LINUX_2.6"

#define IPC_64 0
