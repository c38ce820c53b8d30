// clone and clone3 called directly, without the C library: flags, CLEARTID, SETTLS, and refusals.
#include "../check.h"
#include "../support.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    STACK = 64 << 10,
    THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
};

// What the new thread sees of itself; it has no C library, so it only stores and makes raw calls.
struct child {
    int tid;        // CLONE_PARENT_SETTID
    int clear;      // CLONE_CHILD_CLEARTID
    int self;       // gettid() as the child saw it
    uint64_t fs[2]; // its thread block: fs:0
    uint64_t seen;  // what fs:0 held
};

static long raw(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((noreturn, used, optimize("no-stack-protector"))) static void child_main(struct child* me)
{
    me->self = (int)raw(SYS_gettid, 0, 0, 0, 0);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(me->seen));
    for (;;)
        raw(SYS_exit, 0, 0, 0, 0);
}

// Makes the call; the child starts on its stack, whose top holds `me`, and never returns here.
static long start_clone3(struct clone_args* arguments)
{
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "pop %%rdi\n\t"
                     "call child_main\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments)
                     : "rcx", "r11", "memory");
    return result;
}

static long start_clone(unsigned long flags, void* stack, struct child* me)
{
    long result;
    register int* r10 __asm__("r10") = &me->clear;
    register uint64_t* r8 __asm__("r8") = me->fs;
    __asm__ volatile("syscall\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "pop %%rdi\n\t"
                     "call child_main\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone), "D"(flags), "S"(stack), "d"(&me->tid), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

static struct child* on_stack_top(char* stack, struct child* me)
{
    struct child** top = (struct child**)(stack + STACK - 16);
    *top = me;
    return me;
}

static void wait_cleared(struct child* me)
{
    int value;
    while ((value = __atomic_load_n(&me->clear, __ATOMIC_ACQUIRE)) != 0)
        syscall(SYS_futex, &me->clear, FUTEX_WAIT, value, NULL, NULL, 0);
}

TEST(threads, clone3_as_glibc)
{
    static struct child me;
    char* stack = map_pages(STACK / PAGE);
    REQUIRE(stack);
    me = (struct child){.clear = -1, .fs = {0x1234}};
    on_stack_top(stack, &me);
    struct clone_args arguments = {
        .flags = THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
        .child_tid = (uint64_t)&me.clear,
        .parent_tid = (uint64_t)&me.tid,
        .stack = (uint64_t)stack,
        .stack_size = STACK - 16,
        .tls = (uint64_t)me.fs,
    };
    long tid = start_clone3(&arguments);
    REQUIRE(tid > 0);
    CHECK_EQ(me.tid, tid); // written before clone3 returned
    wait_cleared(&me);
    CHECK_EQ(me.self, tid);
    CHECK_EQ(me.seen, 0x1234);
    munmap(stack, STACK);
}

TEST(threads, clone_as_musl)
{
    static struct child me;
    char* stack = map_pages(STACK / PAGE);
    REQUIRE(stack);
    me = (struct child){.clear = -1, .fs = {0x777}};
    on_stack_top(stack, &me);
    long tid =
        start_clone(THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED,
                    stack + STACK - 16, &me);
    REQUIRE(tid > 0);
    CHECK_EQ(me.tid, tid);
    wait_cleared(&me);
    CHECK_EQ(me.self, tid);
    CHECK_EQ(me.seen, 0x777);
    munmap(stack, STACK);
}

TEST(threads, clone_as_go)
{
    static struct child me;
    char* stack = map_pages(STACK / PAGE);
    REQUIRE(stack);
    me = (struct child){.tid = 5, .clear = 6, .fs = {0x555}};
    on_stack_top(stack, &me);
    long tid = start_clone(THREAD | CLONE_SETTLS, stack + STACK - 16, &me);
    REQUIRE(tid > 0);
    CHECK(wait_for(&me.self, (int)tid));
    sleep_ms(10); // nothing says when it is gone
    CHECK_EQ(me.tid, 5);
    CHECK_EQ(me.clear, 6);
    CHECK_EQ(me.seen, 0x555);
}

TEST(threads, clone3_child_settid)
{
    static struct child me;
    char* stack = map_pages(STACK / PAGE);
    REQUIRE(stack);
    me = (struct child){0};
    on_stack_top(stack, &me);
    struct clone_args arguments = {
        .flags = THREAD | CLONE_SETTLS | CLONE_CHILD_SETTID,
        .child_tid = (uint64_t)&me.clear,
        .stack = (uint64_t)stack,
        .stack_size = STACK - 16,
        .tls = (uint64_t)me.fs,
    };
    long tid = start_clone3(&arguments);
    REQUIRE(tid > 0);
    CHECK(wait_for(&me.self, (int)tid));
    CHECK_EQ(me.clear, tid);
    sleep_ms(10);
}

TEST(threads, clone3_refused)
{
    struct clone_args arguments = {.flags = CLONE_THREAD}; // needs SIGHAND, which needs VM
    CHECK_ERR(syscall(SYS_clone3, &arguments, sizeof arguments), EINVAL);
    arguments = (struct clone_args){.flags = CLONE_SIGHAND};
    CHECK_ERR(syscall(SYS_clone3, &arguments, sizeof arguments), EINVAL);
    arguments = (struct clone_args){.flags = THREAD, .exit_signal = SIGCHLD};
    CHECK_ERR(syscall(SYS_clone3, &arguments, sizeof arguments), EINVAL);
    arguments = (struct clone_args){.flags = THREAD, .stack = 0, .stack_size = STACK};
    CHECK_ERR(syscall(SYS_clone3, &arguments, sizeof arguments), EINVAL);
    CHECK_ERR(syscall(SYS_clone3, &arguments, 8), EINVAL);
    CHECK_ERR(syscall(SYS_clone3, (void*)8, sizeof arguments), EFAULT);
}

TEST_IF(TEST_KILN_ONLY, threads, fork_is_refused)
{
    CHECK_ERR(fork(), ENOSYS);
    CHECK_ERR(syscall(SYS_vfork), ENOSYS);
    CHECK_ERR(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), ENOSYS);
    CHECK_ERR(syscall(SYS_fork), ENOSYS);
}

TEST(threads, set_tid_address)
{
    static int word;
    CHECK_EQ(syscall(SYS_set_tid_address, &word), syscall(SYS_gettid));
}
