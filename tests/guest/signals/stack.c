// sigaltstack: used when asked for, per thread, and what saves a program from its own stack overflow.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 64 << 10 };
static char* volatile where;
static volatile int flags_inside, errno_inside;

static void note(int signal)
{
    char here;
    stack_t now;
    (void)signal;
    where = &here;
    sigaltstack(NULL, &now);
    flags_inside = now.ss_flags;
    errno = 0;
    errno_inside = sigaltstack(&now, NULL) == -1 ? errno : 0; // not while in use
}

static void install(int flags)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = flags};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    where = NULL;
}

static bool within(const char* p, const stack_t* stack)
{
    return p >= (char*)stack->ss_sp && p < (char*)stack->ss_sp + stack->ss_size;
}

TEST(signals, stack_used_when_asked)
{
    static char memory[SIZE];
    stack_t own = {.ss_sp = memory, .ss_size = SIZE}, old, off = {.ss_flags = SS_DISABLE};
    CHECK_OK(sigaltstack(&own, &old));
    install(SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(within(where, &own));
    CHECK_EQ(flags_inside, SS_ONSTACK);
    CHECK_EQ(errno_inside, EPERM);
    install(0);
    raise(SIGUSR1);
    CHECK(!within(where, &own));
    CHECK_EQ(flags_inside, 0);
    CHECK_OK(sigaltstack(&own, NULL));
    install(SA_ONSTACK);
    CHECK_OK(sigaltstack(&off, NULL));
    raise(SIGUSR1);
    CHECK(!within(where, &own));
    CHECK_OK(sigaltstack(NULL, &off));
    CHECK_EQ(off.ss_flags, SS_DISABLE);
    CHECK_OK(sigaltstack(&old, NULL));
}

TEST(signals, stack_refused)
{
    char memory[512];
    stack_t small = {.ss_sp = memory, .ss_size = sizeof memory}, odd = {.ss_sp = memory, .ss_flags = 8};
    CHECK_ERR(sigaltstack(&small, NULL), ENOMEM);
    CHECK_ERR(sigaltstack(&odd, NULL), EINVAL);
    CHECK_ERR(sigaltstack((void*)8, NULL), EFAULT);
}

static void* has_none(void* unused)
{
    stack_t now;
    CHECK_OK(sigaltstack(NULL, &now));
    CHECK_EQ(now.ss_flags, SS_DISABLE);
    return unused;
}

TEST(signals, stack_is_per_thread)
{
    pthread_join(start_thread(has_none, NULL), NULL);
}

static sigjmp_buf recovered;
static volatile uintptr_t overflow_at;
static volatile int overflow_code;

static void on_overflow(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)context;
    overflow_at = (uintptr_t)info->si_addr;
    overflow_code = info->si_code;
    siglongjmp(recovered, 1);
}

static volatile int deep;

__attribute__((noinline)) static int recurse(int n)
{
    volatile char block[1024];
    block[0] = (char)n;
    deep = n;
    return deep < 0 ? 0 : recurse(n + 1) + block[0];
}

static void overflow(void)
{
    char* memory = map_pages(SIZE / PAGE);
    stack_t own = {.ss_sp = memory, .ss_size = SIZE}, old;
    struct sigaction action = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    char here;
    REQUIRE(memory);
    CHECK_OK(sigaltstack(&own, &old));
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    deep = 0;
    if (sigsetjmp(recovered, 1) == 0)
        recurse(0);
    CHECK(deep > 50);
    CHECK(overflow_at < (uintptr_t)&here && overflow_at > (uintptr_t)&here - (64 << 20));
    CHECK(overflow_code == SEGV_MAPERR || overflow_code == SEGV_ACCERR);
    CHECK_OK(sigaltstack(&old, NULL));
    munmap(memory, SIZE);
}

static void* overflow_thread(void* unused)
{
    overflow();
    CHECK_EQ(overflow_code, SEGV_ACCERR); // the guard page below a thread's stack
    return unused;
}

TEST(signals, stack_overflow_main)
{
    overflow();
}

TEST(signals, stack_overflow_thread)
{
    pthread_join(start_thread(overflow_thread, NULL), NULL);
}
