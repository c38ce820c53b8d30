// Signals with a value for one thread, and which codes a program may claim.
#include "../check.h"
#include "../support.h"

#include <sys/syscall.h>
#include <unistd.h>

static volatile int value, from_thread;

static void note(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)context;
    from_thread = gettid();
    value = info->si_value.sival_int; // last: it is waited for
}

static int ready;

static void* receive(void* unused)
{
    __atomic_store_n(&ready, gettid(), __ATOMIC_RELEASE);
    while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) != -1)
        sleep_ms(1);
    return unused;
}

TEST(signals, value_to_a_thread)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    ready = value = from_thread = 0;
    pthread_t thread = start_thread(receive, NULL);
    int target;
    while ((target = __atomic_load_n(&ready, __ATOMIC_ACQUIRE)) == 0)
        sched_yield();
    CHECK_EQ(pthread_sigqueue(thread, SIGUSR1, (union sigval){.sival_int = 99}), 0);
    CHECK(wait_for((int*)&value, 99));
    CHECK_EQ(from_thread, target);
    __atomic_store_n(&ready, -1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

TEST(signals, queue_refused)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0x3ffffff0, SIGUSR1, &info), ESRCH);
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 99, &info), EINVAL);
    CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0x3ffffff0, SIGUSR1, &info), ESRCH);
    CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getpid(), -1, SIGUSR1, &info), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, (void*)8), EFAULT);
}

TEST(signals, return_frame_with_bad_pointer)
{
    // A mask pointer that faults: the call fails, no signal is lost.
    sigset_t waiting;
    CHECK_ERR(syscall(SYS_rt_sigsuspend, (void*)8, 8), EFAULT);
    CHECK_ERR(syscall(SYS_rt_sigtimedwait, (void*)8, NULL, NULL, 8), EFAULT);
    CHECK_OK(sigpending(&waiting));
    CHECK_EQ(sigismember(&waiting, SIGUSR1), 0);
}
