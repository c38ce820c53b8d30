// Signals that the processor raises: which, with what code and address, and a context that may be edited.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

TEST(signals, fault_unmapped)
{
    struct fault f = FAULT(*(volatile int*)0x1000 = 1);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_MAPERR);
    CHECK_EQ((uintptr_t)f.address, 0x1000);
    CHECK_EQ(f.error, 6); // user, write, not present
    f = FAULT(*(volatile int*)0x1008);
    CHECK_EQ(f.error, 4);
}

TEST(signals, fault_null_pointer)
{
    volatile int* null = NULL;
    struct fault f = FAULT(*null);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_MAPERR);
    CHECK_EQ((uintptr_t)f.address, 0);
}

TEST(signals, fault_not_canonical)
{
    struct fault f = FAULT(*(volatile int*)0x8000000000000000);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SI_KERNEL);
    CHECK_EQ((uintptr_t)f.address, 0);
}

TEST(signals, fault_kernel_half)
{
    struct fault f = FAULT(*(volatile int*)0xffffffff90000000);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_MAPERR); // whatever is there
    CHECK_EQ((uintptr_t)f.address, 0xffffffff90000000);
}

TEST(signals, fault_division)
{
    volatile int zero = 0, one = 1;
    struct fault f = FAULT(one = one / zero);
    CHECK_EQ(f.signal, SIGFPE);
    CHECK_EQ(f.code, FPE_INTDIV);
    CHECK_EQ((uintptr_t)f.address, f.rip);
    volatile int least = -2147483647 - 1, minus = -1;
    CHECK_EQ(FAULT(one = least / minus).signal, SIGFPE);
}

TEST(signals, fault_illegal_instruction)
{
    struct fault f = FAULT(__asm__ volatile("ud2"));
    CHECK_EQ(f.signal, SIGILL);
    CHECK_EQ(f.code, ILL_ILLOPN);
    CHECK_EQ((uintptr_t)f.address, f.rip);
    CHECK_EQ(FAULT(__asm__ volatile(".byte 0x06")).signal, SIGILL); // push es: gone in 64-bit mode
}

TEST(signals, fault_breakpoint)
{
    struct fault f = FAULT(__asm__ volatile("int3"));
    CHECK_EQ(f.signal, SIGTRAP);
    CHECK_EQ(f.code, SI_KERNEL);
}

// On Linux there is no gate for the program; on one ring the processor cannot refuse, and nothing may come of
// it.
TEST(signals, fault_int_instruction)
{
    CHECK_EQ(FAULT(__asm__ volatile("int $0xf0")).signal & ~SIGSEGV, 0);
}

TEST(signals, fault_single_step)
{
    struct fault f = FAULT(__asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop" ::
                                                : "memory"));
    CHECK_EQ(f.signal, SIGTRAP);
    CHECK_EQ(f.code, TRAP_TRACE);
    __asm__ volatile("pushfq\n\tandl $~0x100, (%%rsp)\n\tpopfq" ::: "memory");
}

// Floating-point exceptions are masked until a program asks for them.
TEST(signals, fault_floating_point)
{
    unsigned control, open;
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    open = control & ~(1u << 9); // division by zero
    struct fault f = FAULT({
        __asm__ volatile("ldmxcsr %0" ::"m"(open));
        __asm__ volatile("xorps %%xmm1, %%xmm1\n\tdivss %%xmm1, %%xmm0" ::: "xmm0", "xmm1");
    });
    __asm__ volatile("ldmxcsr %0" ::"m"(control));
    // xmm0 may hold anything: x/0 is a division by zero or, for 0/0, an invalid operation that stays masked.
    CHECK(f.signal == SIGFPE || f.signal == 0);
    if (f.signal)
        CHECK_EQ(f.code, FPE_FLTDIV);
}

TEST(signals, fault_jump_to_data)
{
    unsigned char* code = (unsigned char*)map_pages(1);
    REQUIRE(code);
    code[0] = 0xc3;
    struct fault f = FAULT(((void (*)(void))code)());
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_ACCERR);
    CHECK(f.address == code);
    CHECK_EQ(f.rip, (uintptr_t)code);
    CHECK_OK(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
    CHECK_EQ(FAULT(((void (*)(void))code)()).signal, 0);
    munmap(code, PAGE);
}

TEST(signals, fault_jump_to_zero)
{
    void (*volatile nowhere)(void) = NULL;
    struct fault f = FAULT(nowhere());
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_MAPERR);
    CHECK_EQ(f.rip, 0);
}

// --- handlers that edit the context, as the JVM, Go and SBCL do ---------------------------------------

static volatile int skipped;

static void skip_load(int signal, siginfo_t* info, void* context)
{
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    (void)signal, (void)info;
    skipped++;
    registers[REG_RIP] += 2; // mov (%rdi), %eax is 8b 07
    registers[REG_RAX] = 4711;
}

TEST(signals, context_rip_and_registers_edited)
{
    struct sigaction action = {.sa_sigaction = skip_load, .sa_flags = SA_SIGINFO};
    int result;
    long kept = 123456;
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    skipped = 0;
    for (int i = 0; i < 100; i++) {
        __asm__ volatile(".byte 0x8b, 0x07" : "=a"(result), "+r"(kept) : "D"(16L) : "memory");
        CHECK_EQ(result, 4711);
    }
    CHECK_EQ(skipped, 100);
    CHECK_EQ(kept, 123456);
}

static volatile int landed;

static void landing(void)
{
    landed = 1;
    siglongjmp(*fault_begin(), 1);
}

static void go_to_landing(int signal, siginfo_t* info, void* context)
{
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    (void)signal, (void)info;
    registers[REG_RSP] = (registers[REG_RSP] & ~INT64_C(15)) - 1024 - 8; // as if called
    registers[REG_RIP] = (greg_t)landing;
}

TEST(signals, context_sends_elsewhere)
{
    struct sigaction action = {.sa_sigaction = go_to_landing, .sa_flags = SA_SIGINFO};
    landed = 0;
    if (sigsetjmp(*fault_begin(), 1) == 0) {
        CHECK_OK(sigaction(SIGSEGV, &action, NULL));
        *(volatile int*)16 = 1;
    }
    fault_end();
    CHECK_EQ(landed, 1);
}

static char* barrier_page;
static volatile int barrier_hits;

static void open_page(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)context;
    barrier_hits++;
    if ((char*)info->si_addr >= barrier_page && (char*)info->si_addr < barrier_page + 8 * PAGE)
        mprotect((void*)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
    else
        _exit(9);
}

// A garbage collector's write barrier: the handler opens the page and the store is done again.
TEST(signals, context_retries_the_store)
{
    struct sigaction action = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO};
    barrier_page = map_pages(8);
    REQUIRE(barrier_page);
    CHECK_OK(mprotect(barrier_page, 8 * PAGE, PROT_READ));
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    barrier_hits = 0;
    for (int i = 0; i < 8 * PAGE; i += 64)
        ((volatile char*)barrier_page)[i] = 1;
    CHECK_EQ(barrier_hits, 8);
    munmap(barrier_page, 8 * PAGE);
}

static greg_t seen[NGREG];

static void copy_registers(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)info;
    memcpy(seen, ((ucontext_t*)context)->uc_mcontext.gregs, sizeof seen);
    ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

TEST(signals, context_shows_registers)
{
    struct sigaction action = {.sa_sigaction = copy_registers, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    __asm__ volatile(
        "mov $0x1111, %%ebx\n\tmov $0x2222, %%r12d\n\tmov $0x3333, %%r15d\n\tmov $0x4444, %%r8d\n\t"
        ".byte 0x8b, 0x07" // mov (%rdi), %eax
        :
        : "D"(24L)
        : "rax", "rbx", "r8", "r12", "r15", "memory");
    CHECK_EQ(seen[REG_RBX], 0x1111);
    CHECK_EQ(seen[REG_R12], 0x2222);
    CHECK_EQ(seen[REG_R15], 0x3333);
    CHECK_EQ(seen[REG_R8], 0x4444);
    CHECK_EQ(seen[REG_RDI], 24);
    CHECK_EQ(seen[REG_CR2], 24);
    CHECK_EQ(seen[REG_TRAPNO], 14);
    CHECK_EQ(seen[REG_CSGSFS] & 0xffff, 0x33);
    CHECK_EQ((seen[REG_CSGSFS] >> 48) & 0xffff, 0x2b);
}

static void* set_later(void* flag)
{
    sleep_ms(200);
    __atomic_store_n((int*)flag, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

// Interrupts find a thread again and again in the same place with the same registers, behind a byte that
// looks like HLT: no fault. (Loops of a real HLT are faults: hostile/halt.)
TEST(signals, waiting_behind_a_byte_like_halt)
{
    int flag = 0;
    pthread_t thread = start_thread(set_later, &flag);
    struct fault f = FAULT(__asm__ volatile("jmp 1f\n\t.byte 0xf4\n1:\tcmpl $0, %0\n\tje 1b"
                                            :
                                            : "m"(flag)
                                            : "cc"));
    CHECK_EQ(f.signal, 0);
    pthread_join(thread, NULL);
}
