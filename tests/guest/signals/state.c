// What a signal must leave as it was: registers, red zone, vector state, and what its frame must hold.
#include "../check.h"
#include "../support.h"

#include <sys/time.h>
#include <unistd.h>

static volatile int ticks;

// Spoils every register that it may.
__attribute__((target("avx"))) static void spoil_avx(void)
{
    __asm__ volatile("vpcmpeqd %%xmm0, %%xmm0, %%xmm0\n\tvinsertf128 $1, %%xmm0, %%ymm0, %%ymm0\n\t"
                     "vmovaps %%ymm0, %%ymm1\n\tvmovaps %%ymm0, %%ymm7\n\tvmovaps %%ymm0, %%ymm15" ::
                         : "xmm0", "xmm1", "xmm7", "xmm15");
}

static void spoil(int signal)
{
    (void)signal;
    ticks++;
    if (__builtin_cpu_supports("avx"))
        spoil_avx();
    __asm__ volatile("fninit\n\tfldpi\n\tstd\n\tcld" ::: "st", "cc");
}

static void start_ticks(void)
{
    struct sigaction action = {.sa_handler = spoil, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 1000}, {0, 1000}};
    sigaction(SIGALRM, &action, NULL);
    ticks = 0;
    CHECK_OK(setitimer(ITIMER_REAL, &often, NULL));
}

static void stop_ticks(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
}

static bool enough(int64_t start)
{
    return ticks >= 20 || clock_ns(CLOCK_MONOTONIC) - start > INT64_C(20000000000);
}

TEST(signals, state_general_registers)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    long bad = 0;
    start_ticks();
    while (!enough(start))
        __asm__ volatile(
            "mov $1, %%rax\n\tmov $2, %%rbx\n\tmov $3, %%rcx\n\tmov $4, %%rdx\n\tmov $5, %%rsi\n\t"
            "mov $6, %%rdi\n\tmov $8, %%r8\n\tmov $9, %%r9\n\tmov $10, %%r10\n\tmov $11, %%r11\n\t"
            "mov $12, %%r12\n\tmov $13, %%r13\n\tmov $14, %%r14\n\tmov $15, %%r15\n\tstc\n\t"
            "push %%rbp\n\tmov $20000, %%ebp\n"
            "1:\n\tdec %%ebp\n\tjnz 1b\n\tpop %%rbp\n\t" // dec keeps the carry
            "adc $0, %%rax\n\t"                          // 2
            "add %%rbx, %%rax\n\tadd %%rcx, %%rax\n\tadd %%rdx, %%rax\n\tadd %%rsi, %%rax\n\t"
            "add %%rdi, %%rax\n\tadd %%r8, %%rax\n\tadd %%r9, %%rax\n\tadd %%r10, %%rax\n\t"
            "add %%r11, %%rax\n\tadd %%r12, %%rax\n\tadd %%r13, %%rax\n\tadd %%r14, %%rax\n\t"
            "add %%r15, %%rax\n\tsub $114, %%rax\n\tor %%rax, %0"
            : "+m"(bad)
            :
            : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
              "memory", "cc");
    stop_ticks();
    CHECK_EQ(bad, 0);
    CHECK_RANGE(ticks, 20, 1 << 30);
}

// The 128 bytes below the stack pointer belong to the interrupted function.
TEST(signals, state_red_zone)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    long bad = 0;
    start_ticks();
    while (!enough(start))
        __asm__ volatile("movq $77, -8(%%rsp)\n\tmovq $78, -128(%%rsp)\n\tmov $20000, %%ecx\n"
                         "1:\n\tdec %%ecx\n\tjnz 1b\n\t"
                         "mov -8(%%rsp), %%rax\n\tsub $77, %%rax\n\tor %%rax, %0\n\t"
                         "mov -128(%%rsp), %%rax\n\tsub $78, %%rax\n\tor %%rax, %0"
                         : "+r"(bad)
                         :
                         : "rax", "rcx", "memory", "cc");
    stop_ticks();
    CHECK_EQ(bad, 0);
    CHECK_RANGE(ticks, 20, 1 << 30);
}

__attribute__((target("avx"))) static long spin_vectors(const double* want)
{
    double got[4], other[4];
    __asm__ volatile("vmovupd %[want], %%ymm1\n\tvmovupd %[want], %%ymm15\n\tmov $20000, %%ecx\n"
                     "1:\n\tdec %%ecx\n\tjnz 1b\n\t"
                     "vmovupd %%ymm1, %[got]\n\tvmovupd %%ymm15, %[other]"
                     : [got] "=m"(got), [other] "=m"(other)
                     : [want] "m"(*(const double(*)[4])want)
                     : "rcx", "xmm1", "xmm15", "memory", "cc");
    return memcmp(got, want, sizeof got) != 0 || memcmp(other, want, sizeof other) != 0;
}

TEST(signals, state_vectors)
{
    static const double want[4] = {1.5, -2.25, 3e300, 4e-300};
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    long bad = 0;
    if (!__builtin_cpu_supports("avx"))
        return;
    start_ticks();
    while (!enough(start))
        bad |= spin_vectors(want);
    stop_ticks();
    CHECK_EQ(bad, 0);
    CHECK_RANGE(ticks, 20, 1 << 30);
}

TEST(signals, state_x87)
{
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    long double third = 1.0L / 3, got = 0;
    long bad = 0;
    start_ticks();
    while (!enough(start)) {
        __asm__ volatile("fldt %1\n\tmov $20000, %%ecx\n1:\n\tdec %%ecx\n\tjnz 1b\n\tfstpt %0"
                         : "=m"(got)
                         : "m"(third)
                         : "rcx", "cc", "memory");
        bad |= got != third;
    }
    stop_ticks();
    CHECK_EQ(bad, 0);
}

static volatile bool frame_ok;
static volatile uintptr_t frame_at, handler_rsp;

static void inspect(int signal, siginfo_t* info, void* context)
{
    const ucontext_t* frame = context;
    (void)signal, (void)info;
    const char* fp = (const char*)frame->uc_mcontext.fpregs;
    frame_at = (uintptr_t)context;
    handler_rsp = (uintptr_t)__builtin_frame_address(0) + 8; // the stack pointer at entry
    frame_ok = fp != NULL && (uintptr_t)fp % 64 == 0;
    if (!frame_ok)
        return;
    const struct _fpx_sw_bytes* software = (const struct _fpx_sw_bytes*)(fp + 464);
    frame_ok = software->magic1 == FP_XSTATE_MAGIC1 && software->extended_size > software->xstate_size;
    uint32_t end;
    memcpy(&end, fp + software->xstate_size, sizeof end);
    frame_ok = frame_ok && end == FP_XSTATE_MAGIC2;
}

TEST(signals, state_frame_layout)
{
    struct sigaction action = {.sa_sigaction = inspect, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    raise(SIGUSR1);
    CHECK(frame_ok);
    CHECK_EQ(handler_rsp % 16, 8); // as if called
    CHECK_EQ(frame_at, handler_rsp + 8);
}

static void edit_vector(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.fpregs->_xmm[9].element[0] = 0xfeed;
}

TEST(signals, state_vector_edited_by_handler)
{
    struct sigaction action = {.sa_sigaction = edit_vector, .sa_flags = SA_SIGINFO};
    uint32_t got[4] = {0};
    long result;
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    __asm__ volatile("pxor %%xmm9, %%xmm9\n\tsyscall\n\tmovups %%xmm9, %1"
                     : "=a"(result), "=m"(got)
                     : "a"(234L /* tgkill */), "D"((long)getpid()), "S"((long)gettid()), "d"((long)SIGUSR1)
                     : "rcx", "r11", "xmm9", "memory");
    CHECK_EQ(result, 0);
    CHECK_EQ(got[0], 0xfeed);
    CHECK_EQ(got[1], 0);
}
