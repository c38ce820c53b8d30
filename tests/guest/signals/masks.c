// Blocking, pending, queueing: standard signals once, realtime signals each and in order; sigwait and
// friends.
#include "../check.h"
#include "../support.h"

#include <sys/syscall.h>
#include <unistd.h>

static volatile int order[64], values[64], count;

static void note(int signal, siginfo_t* info, void* context)
{
    (void)context;
    if (count < 64) {
        order[count] = signal;
        values[count++] = info->si_value.sival_int;
    }
}

static void install(int signal)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    CHECK_OK(sigaction(signal, &action, NULL));
}

static sigset_t set_of(int a, int b, int c)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, a);
    if (b)
        sigaddset(&set, b);
    if (c)
        sigaddset(&set, c);
    return set;
}

static void queue(int signal, int value)
{
    CHECK_OK(sigqueue(getpid(), signal, (union sigval){.sival_int = value}));
}

TEST(signals, blocked_until_unblocked)
{
    sigset_t set = set_of(SIGUSR1, 0, 0), waiting;
    install(SIGUSR1);
    count = 0;
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGUSR1);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    CHECK_EQ(count, 0);
    CHECK_OK(sigpending(&waiting));
    CHECK_EQ(sigismember(&waiting, SIGUSR1), 1);
    CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    CHECK_EQ(count, 2); // one for the thread, one for the program: standard signals do not queue
    CHECK_OK(sigpending(&waiting));
    CHECK_EQ(sigismember(&waiting, SIGUSR1), 0);
}

TEST(signals, mask_refused)
{
    sigset_t set;
    sigfillset(&set);
    CHECK_ERR(sigprocmask(99, &set, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4), EINVAL);
    CHECK_OK(sigprocmask(SIG_SETMASK, &set, NULL));
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &set));
    CHECK_EQ(sigismember(&set, SIGKILL), 0); // never blocked
    CHECK_EQ(sigismember(&set, SIGSTOP), 0);
    CHECK_EQ(sigismember(&set, SIGTERM), 1);
}

TEST(signals, realtime_queue_in_order)
{
    sigset_t all;
    sigfillset(&all);
    for (int i = 0; i < 3; i++)
        install(SIGRTMIN + i);
    install(SIGUSR2);
    count = 0;
    CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
    queue(SIGRTMIN + 2, 1);
    queue(SIGRTMIN, 2);
    queue(SIGRTMIN + 1, 3);
    queue(SIGRTMIN, 4);
    queue(SIGRTMIN + 2, 5);
    raise(SIGUSR2);
    sigemptyset(&all);
    CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
    CHECK_EQ(count, 6);
    // Handlers are stacked lowest number first, and each blocks all others: they run lowest first.
    static const int want[] = {0, 2, 4, 3, 1, 5};
    CHECK_EQ(order[0], SIGUSR2);
    for (int i = 1; i < 6; i++)
        CHECK_EQ(values[i], want[i]);
}

TEST(signals, queue_many)
{
    sigset_t set = set_of(SIGRTMIN + 4, 0, 0), none;
    siginfo_t info;
    sigemptyset(&none);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    for (int i = 0; i < 200; i++)
        queue(SIGRTMIN + 4, i);
    for (int i = 0; i < 200; i++) {
        struct timespec now = {0, 0};
        CHECK_EQ(sigtimedwait(&set, &info, &now), SIGRTMIN + 4);
        CHECK_EQ(info.si_value.sival_int, i);
        CHECK_EQ(info.si_code, SI_QUEUE);
        CHECK_EQ(info.si_pid, getpid());
    }
}

TEST(signals, timed_wait)
{
    sigset_t set = set_of(SIGUSR1, SIGRTMIN + 1, 0);
    siginfo_t info;
    struct timespec t = {0, 30000000};
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_ERR(sigtimedwait(&set, &info, &t), EAGAIN);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 30000000, INT64_C(5000000000));
    t = (struct timespec){0, -1};
    CHECK_ERR(sigtimedwait(&set, &info, &t), EINVAL);
    raise(SIGUSR1);
    CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR1);
    CHECK_EQ(info.si_code, SI_TKILL);
    queue(SIGRTMIN + 1, 77);
    int signal = 0;
    CHECK_EQ(sigwait(&set, &signal), 0);
    CHECK_EQ(signal, SIGRTMIN + 1);
}

static void* send_later(void* thread)
{
    sleep_ms(20);
    if (thread)
        CHECK_EQ(pthread_kill(*(pthread_t*)thread, SIGUSR1), 0);
    else
        CHECK_OK(kill(getpid(), SIGUSR1));
    return NULL;
}

TEST(signals, wait_is_woken)
{
    sigset_t set = set_of(SIGUSR1, 0, 0);
    siginfo_t info;
    pthread_t me = pthread_self();
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    for (int direct = 0; direct < 2; direct++) {
        pthread_t thread = start_thread(send_later, direct ? &me : NULL);
        CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
        CHECK_EQ(info.si_code, SI_USER); // the C library shows SI_TKILL as SI_USER here
        pthread_join(thread, NULL);
    }
}

TEST(signals, wait_interrupted_by_another)
{
    sigset_t set = set_of(SIGUSR2, 0, 0);
    siginfo_t info;
    pthread_t me = pthread_self();
    install(SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    count = 0;
    pthread_t thread = start_thread(send_later, &me);
    CHECK_ERR(sigwaitinfo(&set, &info), EINTR);
    CHECK_EQ(count, 1);
    pthread_join(thread, NULL);
}

TEST(signals, suspend)
{
    sigset_t blocked = set_of(SIGUSR1, SIGUSR2, 0), open = set_of(SIGUSR2, 0, 0), after;
    install(SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    count = 0;
    raise(SIGUSR1);
    CHECK_EQ(count, 0);
    CHECK_ERR(sigsuspend(&open), EINTR); // one is waiting already
    CHECK_EQ(count, 1);
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &after));
    CHECK_EQ(sigismember(&after, SIGUSR1), 1); // as before
    pthread_t me = pthread_self();
    pthread_t thread = start_thread(send_later, &me);
    CHECK_ERR(sigsuspend(&open), EINTR);
    CHECK_EQ(count, 2);
    pthread_join(thread, NULL);
}

TEST(signals, pause_returns)
{
    pthread_t me = pthread_self();
    install(SIGUSR1);
    count = 0;
    pthread_t thread = start_thread(send_later, &me);
    CHECK_ERR(pause(), EINTR);
    CHECK_EQ(count, 1);
    pthread_join(thread, NULL);
}

static volatile int taken_by;

static void note_thread(int signal)
{
    (void)signal;
    taken_by = gettid();
}

static void* idle_unblocked(void* stop)
{
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    __atomic_store_n((int*)stop, gettid(), __ATOMIC_RELEASE);
    while (__atomic_load_n((int*)stop, __ATOMIC_ACQUIRE) != -1)
        sleep_ms(2);
    return NULL;
}

// A signal for the program goes to a thread that does not block it.
TEST(signals, program_signal_finds_a_thread)
{
    sigset_t set = set_of(SIGUSR1, 0, 0);
    struct sigaction action = {.sa_handler = note_thread};
    static int stop;
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    stop = taken_by = 0;
    pthread_t thread = start_thread(idle_unblocked, &stop);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        sched_yield();
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK(wait_for((int*)&taken_by, stop));
    __atomic_store_n(&stop, -1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static void* inherit_mask(void* unused)
{
    sigset_t mask, waiting;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK_EQ(sigismember(&mask, SIGHUP), 1);
    sigpending(&waiting);
    CHECK_EQ(sigismember(&waiting, SIGHUP), 0); // what waits for the creator alone is not inherited
    return unused;
}

TEST(signals, new_thread_inherits_mask)
{
    sigset_t set = set_of(SIGHUP, 0, 0);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    raise(SIGHUP);
    pthread_join(start_thread(inherit_mask, NULL), NULL);
    sigaction(SIGHUP, &ignore, NULL);
}
