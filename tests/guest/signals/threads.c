// Signals between threads: pthread_kill, many at once, and stopping the world as collectors do.
#include "../check.h"
#include "../support.h"

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

static int taken_by, stop_all, counts[4];

static void note(int signal)
{
    (void)signal;
    __atomic_store_n(&taken_by, gettid(), __ATOMIC_SEQ_CST);
}

static void* spin(void* own_id)
{
    __atomic_store_n((int*)own_id, gettid(), __ATOMIC_RELEASE);
    while (!__atomic_load_n(&stop_all, __ATOMIC_ACQUIRE))
        __asm__ volatile("pause");
    return NULL;
}

// The target runs user code without a system call: the signal must still reach it soon.
TEST(signals, kill_a_spinning_thread)
{
    struct sigaction action = {.sa_handler = note};
    static int id;
    CHECK_OK(sigaction(SIGURG, &action, NULL));
    id = stop_all = taken_by = 0;
    pthread_t thread = start_thread(spin, &id);
    while (!__atomic_load_n(&id, __ATOMIC_ACQUIRE))
        sched_yield();
    CHECK_OK(syscall(SYS_tgkill, getpid(), id, SIGURG));
    CHECK(wait_for(&taken_by, id));
    __atomic_store_n(&stop_all, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static sem_t parked;
static int announced, go; // rounds

static void park(int signal)
{
    int round = __atomic_load_n(&announced, __ATOMIC_ACQUIRE);
    (void)signal;
    sem_post(&parked);
    while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) < round)
        usleep(100);
}

static void* work(void* index)
{
    while (!__atomic_load_n(&stop_all, __ATOMIC_ACQUIRE))
        __atomic_add_fetch(&counts[(intptr_t)index], 1, __ATOMIC_RELAXED);
    return NULL;
}

TEST(signals, stop_the_world)
{
    struct sigaction action = {.sa_handler = park, .sa_flags = SA_RESTART};
    pthread_t threads[4];
    CHECK_OK(sigaction(SIGUSR2, &action, NULL));
    sem_init(&parked, 0, 0);
    stop_all = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(work, (void*)(intptr_t)i);
    announced = go = 0;
    for (int round = 1; round <= 10; round++) {
        int before[4];
        __atomic_store_n(&announced, round, __ATOMIC_RELEASE);
        for (int i = 0; i < 4; i++)
            CHECK_EQ(pthread_kill(threads[i], SIGUSR2), 0);
        for (int i = 0; i < 4; i++)
            while (sem_wait(&parked) != 0)
                continue;
        for (int i = 0; i < 4; i++)
            before[i] = counts[i];
        sched_yield();
        for (int i = 0; i < 4; i++)
            CHECK_EQ(counts[i], before[i]); // nobody moves
        __atomic_store_n(&go, round, __ATOMIC_RELEASE);
        sched_yield();
    }
    __atomic_store_n(&stop_all, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static int received;

static void count(int signal)
{
    (void)signal;
    __atomic_add_fetch(&received, 1, __ATOMIC_RELAXED);
}

static void* bombard(void* target)
{
    for (int i = 0; i < 300; i++)
        pthread_kill(*(pthread_t*)target, SIGRTMIN + 5);
    return NULL;
}

// Realtime signals are counted, none is lost, and what they interrupt goes on.
TEST(signals, storm)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    pthread_t threads[3], me = pthread_self();
    int ends[2];
    char c;
    CHECK_OK(sigaction(SIGRTMIN + 5, &action, NULL));
    CHECK_OK(pipe(ends));
    received = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = start_thread(bombard, &me);
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(write(ends[1], "x", 1), 1);
        CHECK_EQ(read(ends[0], &c, 1), 1);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK(wait_for(&received, 900));
    close(ends[0]);
    close(ends[1]);
}

static void* finished(void* unused)
{
    return unused;
}

TEST(signals, kill_a_thread_that_ended)
{
    pthread_t thread = start_thread(finished, NULL);
    sleep_ms(20);
    CHECK_EQ(pthread_kill(thread, 0), 0); // not joined yet: fine, and without effect
    pthread_join(thread, NULL);
}

static volatile int outer, inner;

static void on_inner(int signal)
{
    (void)signal;
    inner = outer; // runs while the outer one has not ended
}

static void on_outer(int signal)
{
    (void)signal;
    outer = 1;
    raise(SIGUSR2);
    outer = 2;
}

TEST(signals, nested_handlers)
{
    struct sigaction a = {.sa_handler = on_outer}, b = {.sa_handler = on_inner};
    CHECK_OK(sigaction(SIGUSR1, &a, NULL));
    CHECK_OK(sigaction(SIGUSR2, &b, NULL));
    outer = inner = 0;
    raise(SIGUSR1);
    CHECK_EQ(inner, 1);
    CHECK_EQ(outer, 2);
}
