// Signals that time raises: alarm, setitimer, POSIX timers to the program and to a thread, on CPU clocks too.
#include "../check.h"
#include "../support.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int ticks, last_thread;
static siginfo_t last;

static void tick(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)context;
    last = *info;
    last_thread = gettid();
    __atomic_add_fetch(&ticks, 1, __ATOMIC_SEQ_CST);
}

static void install(int signal)
{
    struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK_OK(sigaction(signal, &action, NULL));
    ticks = 0;
}

static bool wait_ticks(int want)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + INT64_C(10000000000);
    while (__atomic_load_n(&ticks, __ATOMIC_SEQ_CST) < want && clock_ns(CLOCK_MONOTONIC) < end)
        sleep_ms(1);
    return CHECK_RANGE(ticks, want, 1 << 30);
}

static void burn(int want)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + INT64_C(10000000000);
    while (__atomic_load_n(&ticks, __ATOMIC_RELAXED) < want && clock_ns(CLOCK_MONOTONIC) < end)
        continue;
    CHECK_RANGE(ticks, want, 1 << 30);
}

TEST(signals, alarm)
{
    install(SIGALRM);
    CHECK_EQ(alarm(100), 0);
    CHECK_RANGE(alarm(1), 99, 100);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    wait_ticks(1);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 900000000, INT64_C(9000000000));
    CHECK_EQ(last.si_code, SI_KERNEL);
    CHECK_EQ(alarm(0), 0);
}

TEST(signals, interval_timer_real)
{
    struct itimerval every = {{0, 5000}, {0, 20000}}, now, never = {{0, 0}, {0, 0}};
    install(SIGALRM);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    wait_ticks(5);
    CHECK(clock_ns(CLOCK_MONOTONIC) - start >= 20000000 + 4 * 5000000);
    CHECK_OK(getitimer(ITIMER_REAL, &now));
    CHECK_EQ(now.it_interval.tv_usec, 5000);
    CHECK_OK(setitimer(ITIMER_REAL, &never, &now));
    CHECK_EQ(now.it_interval.tv_usec, 5000);
    CHECK_OK(getitimer(ITIMER_REAL, &now));
    CHECK_EQ(now.it_value.tv_usec | now.it_value.tv_sec, 0);
    CHECK_ERR(setitimer(7, &never, NULL), EINVAL);
    every.it_value.tv_usec = 1000000;
    CHECK_ERR(setitimer(ITIMER_REAL, &every, NULL), EINVAL);
}

TEST(signals, interval_timer_profiling)
{
    struct itimerval every = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    static const struct {
        int which, signal;
    } kinds[] = {{ITIMER_PROF, SIGPROF}, {ITIMER_VIRTUAL, SIGVTALRM}};
    for (int i = 0; i < 2; i++) {
        install(kinds[i].signal);
        CHECK_OK(setitimer(kinds[i].which, &every, NULL));
        sleep_ms(50);
        CHECK_RANGE(ticks, 0, 1); // sleeping costs no CPU time
        burn(3);
        CHECK_OK(setitimer(kinds[i].which, &never, NULL));
    }
}

static void one_timer(clockid_t clock)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
    struct itimerspec in = {{0, 0}, {0, 20000000}}, now;
    event.sigev_value.sival_int = 4711;
    install(SIGRTMIN + 1);
    CHECK_OK(timer_create(clock, &event, &timer));
    int64_t start = clock_ns(clock);
    CHECK_OK(timer_settime(timer, 0, &in, NULL));
    CHECK_OK(timer_gettime(timer, &now));
    CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20000000);
    wait_ticks(1);
    CHECK(clock_ns(clock) - start >= 20000000);
    CHECK_EQ(last.si_code, SI_TIMER);
    CHECK_EQ(last.si_value.sival_int, 4711);
    CHECK_OK(timer_gettime(timer, &now));
    CHECK_EQ(now.it_value.tv_nsec | now.it_value.tv_sec, 0);
    in.it_value = timespec_of(clock_ns(clock) + 20000000);
    CHECK_OK(timer_settime(timer, TIMER_ABSTIME, &in, NULL));
    wait_ticks(2);
    CHECK_OK(timer_delete(timer));
    CHECK_ERR(timer_delete(timer), EINVAL);
}

TEST(signals, timer_monotonic)
{
    one_timer(CLOCK_MONOTONIC);
}

TEST(signals, timer_realtime)
{
    one_timer(CLOCK_REALTIME);
}

TEST(signals, timer_periodic_and_overrun)
{
    timer_t timer;
    sigset_t set;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
    struct itimerspec every = {{0, 1000000}, {0, 1000000}};
    install(SIGRTMIN + 1);
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CHECK_OK(timer_settime(timer, 0, &every, NULL));
    wait_ticks(10);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    struct timespec now = {0, 0};
    while (sigtimedwait(&set, NULL, &now) > 0)
        continue;
    sleep_ms(50);
    siginfo_t info;
    CHECK_EQ(sigtimedwait(&set, &info, &now), SIGRTMIN + 1); // one signal for all of them
    CHECK_RANGE(info.si_overrun, 20, 100000);
    CHECK_OK(timer_delete(timer));
}

static void* wait_as_target(void* p)
{
    __atomic_store_n((int*)p, gettid(), __ATOMIC_RELEASE);
    while (__atomic_load_n(&ticks, __ATOMIC_SEQ_CST) == 0)
        sleep_ms(1);
    return NULL;
}

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

TEST(signals, timer_to_a_thread)
{
    timer_t timer;
    static int target;
    struct itimerspec in = {{0, 0}, {0, 10000000}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 2};
    target = 0;
    install(SIGRTMIN + 2);
    pthread_t thread = start_thread(wait_as_target, &target);
    while (!__atomic_load_n(&target, __ATOMIC_ACQUIRE))
        sched_yield();
    event.sigev_notify_thread_id = target;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CHECK_OK(timer_settime(timer, 0, &in, NULL));
    pthread_join(thread, NULL);
    CHECK_EQ(last_thread, target);
    CHECK_OK(timer_delete(timer));
    event.sigev_notify_thread_id = 0x3ffffff0;
    CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
}

static void by_thread(union sigval value)
{
    __atomic_store_n((int*)value.sival_ptr, 1, __ATOMIC_RELEASE);
}

TEST(signals, timer_with_a_thread_function)
{
    timer_t timer;
    static int called;
    struct itimerspec in = {{0, 0}, {0, 10000000}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = by_thread};
    called = 0;
    event.sigev_value.sival_ptr = &called;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CHECK_OK(timer_settime(timer, 0, &in, NULL));
    CHECK(wait_for(&called, 1));
    CHECK_OK(timer_delete(timer));
}

// haproxy: a timer on the thread's own CPU clock.
TEST(signals, timer_on_cpu_clock)
{
    timer_t timer;
    clockid_t clock;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec in = {{0, 0}, {0, 20000000}};
    install(SIGALRM);
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
    CHECK(clock < 0);
    CHECK_OK(timer_create(clock, &event, &timer));
    int64_t start = clock_ns(clock);
    CHECK_OK(timer_settime(timer, 0, &in, NULL));
    sleep_ms(40);
    CHECK_EQ(ticks, 0);
    burn(1);
    CHECK(clock_ns(clock) - start >= 20000000);
    CHECK_OK(timer_delete(timer));
}

TEST(signals, timer_refused)
{
    timer_t timer;
    struct itimerspec bad = {{0, 0}, {0, 1000000000}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99};
    CHECK_ERR(timer_create(9999, NULL, &timer), EINVAL);
    CHECK_ERR(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
    CHECK_OK(timer_create(CLOCK_MONOTONIC, NULL, &timer));
    CHECK_ERR(timer_settime(timer, 0, &bad, NULL), EINVAL);
    CHECK_OK(timer_delete(timer));
    CHECK_ERR(syscall(SYS_timer_gettime, 12345, &bad), EINVAL);
}
