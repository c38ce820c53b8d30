// Instructions that a program must not use. On Linux each is a signal; see docs on what one ring cannot stop.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

TEST(security, halt_is_a_fault)
{
    // musl's a_crash and the end of glibc's abort; Kiln notices it at the second timer interrupt.
    struct fault f = FAULT(for (;;) __asm__ volatile("hlt"));
    CHECK_EQ(f.signal, SIGSEGV);
}

TEST(security, bad_segment_and_far_jumps)
{
    CHECK_EQ(FAULT(__asm__ volatile("mov %0, %%ds" ::"r"(0x1237))).signal, SIGSEGV);
    CHECK_EQ(FAULT(__asm__ volatile("int $0x80" ::"a"(20)
                                    : "memory"))
                     .signal &
                 ~SIGSEGV,
             0); // 32-bit gate: gone or not
}

static void with_stack(uintptr_t rsp)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tpush %%rax\n\tmov %%rbx, %%rsp" ::"r"(rsp)
                     : "rbx", "memory");
}

/// Whether QEMU emulates this CPU: CPUID leaf 0x40000000 says TCGTCGTCGTCG.
static int is_emulated(void)
{
    unsigned eax = 0x40000000, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ebx == 0x54474354 && ecx == 0x43544743 && edx == 0x47435447;
}

// A push onto a bad stack: the kernel must not believe it, and the handler runs on its own stack.
TEST(security, bad_stack_pointers)
{
    static const struct {
        uintptr_t rsp;
        int signal;
    } cases[] = {
        {8, SIGSEGV},
        {0x1008, SIGSEGV},
        {0xffff800000000000, SIGBUS}, // the push lands on an address that is not canonical: a stack fault
        {0xffffe00000001000, SIGSEGV},
        {0xffffffff90000000, SIGSEGV},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int got = FAULT(with_stack(cases[i].rsp)).signal;
        // QEMU's emulation raises general protection (13) where the CPU raises the stack fault (12).
        CHECK_EQ(got, cases[i].signal == SIGBUS && is_emulated() ? SIGSEGV : cases[i].signal);
    }
}

static long call_on(uintptr_t rsp)
{
    long result;
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %2, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
                     : "=a"(result)
                     : "a"(39L /* getpid */), "r"(rsp)
                     : "rbx", "rcx", "r11", "memory");
    return result;
}

// A system call does not use the program's stack at all.
TEST(security, system_call_with_bad_stack)
{
    CHECK_EQ(call_on(8), getpid());
    CHECK_EQ(call_on(0xffff800000000000), getpid());
    CHECK_EQ(call_on(0x1234567), getpid());
}

TEST(security, flags_after_system_call)
{
    uint64_t flags;
    long result;
    __asm__ volatile(
        "pushfq\n\torq $0x40400, (%%rsp)\n\tpopfq\n\tsyscall\n\tpushfq\n\tpop %1\n\tcld\n\t"
        "pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq" // direction and alignment check, set and kept
        : "=a"(result), "=r"(flags)
        : "a"(39L)
        : "rcx", "r11", "memory", "cc");
    CHECK_EQ(result, getpid());
    CHECK_EQ(flags & 0x200, 0x200); // interrupts are on
    CHECK_EQ(flags & 0x3000, 0);    // no I/O privilege
}
