// Affinity, policies, priorities, yields, and the number of CPUs.
#include "../check.h"
#include "../support.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int cpus(void)
{
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

TEST(scheduling, cpu_counts_agree)
{
    cpu_set_t set;
    CHECK_OK(sched_getaffinity(0, sizeof set, &set));
    CHECK_RANGE(cpus(), 1, 1024);
    CHECK(sysconf(_SC_NPROCESSORS_CONF) >= cpus());
    CHECK_EQ(CPU_COUNT(&set), cpus());
    unsigned long words[16];
    CHECK_EQ(syscall(SYS_sched_getaffinity, 0, sizeof words, words) % 8, 0); // bytes written
    CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 1, words), EINVAL);
    CHECK_ERR(sched_getaffinity(0x3ffffff0, sizeof set, &set), ESRCH);
}

static void* pinned(void* cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((int)(intptr_t)cpu, &set);
    CHECK_OK(sched_setaffinity(0, sizeof set, &set));
    for (int i = 0; i < 50; i++) {
        unsigned here = ~0u, node = ~0u;
        CHECK_EQ(sched_getcpu(), (intptr_t)cpu);
        CHECK_OK(syscall(SYS_getcpu, &here, &node, NULL));
        CHECK_EQ(here, (intptr_t)cpu);
        CHECK_EQ(node, 0);
        sched_yield();
    }
    CPU_ZERO(&set);
    CHECK_OK(sched_getaffinity(0, sizeof set, &set));
    CHECK_EQ(CPU_COUNT(&set), 1);
    CHECK(CPU_ISSET((int)(intptr_t)cpu, &set));
    return NULL;
}

TEST(scheduling, affinity_moves_threads)
{
    for (intptr_t cpu = 0; cpu < cpus(); cpu++)
        pthread_join(start_thread(pinned, (void*)cpu), NULL);
    cpu_set_t none, far;
    CPU_ZERO(&none);
    CPU_ZERO(&far);
    CPU_SET(1000, &far);
    CHECK_ERR(sched_setaffinity(0, sizeof none, &none), EINVAL);
    CHECK_ERR(sched_setaffinity(0, sizeof far, &far), EINVAL);
}

static int done;

static void* wait_done(void* unused)
{
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        sched_yield();
    return unused;
}

TEST(scheduling, affinity_of_another_thread)
{
    cpu_set_t set, got;
    CPU_ZERO(&set);
    CPU_SET(cpus() - 1, &set);
    done = 0;
    pthread_t thread = start_thread(wait_done, NULL);
    CHECK_EQ(pthread_setaffinity_np(thread, sizeof set, &set), 0);
    CHECK_EQ(pthread_getaffinity_np(thread, sizeof got, &got), 0);
    CHECK(CPU_EQUAL(&set, &got));
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

TEST(scheduling, policies)
{
    struct sched_param p = {.sched_priority = 0};
    CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
    CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &p));
    CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
    CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
    CHECK_OK(sched_getparam(0, &p));
    CHECK_EQ(p.sched_priority, 0);
    p.sched_priority = 5;
    CHECK_ERR(sched_setscheduler(0, SCHED_OTHER, &p), EINVAL);
    CHECK_ERR(sched_setscheduler(0, 99, &p), EINVAL);
    CHECK_ERR(sched_getscheduler(0x3ffffff0), ESRCH);
    CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
    CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
    CHECK_EQ(sched_get_priority_max(SCHED_RR), 99);
    CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
    CHECK_ERR(sched_get_priority_max(99), EINVAL);
}

static void* realtime(void* unused)
{
    struct sched_param p = {.sched_priority = 10}, got = {0};
    int policy = 0;
    int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &p);
    if (error == EPERM)
        return unused; // Linux without the right
    CHECK_EQ(error, 0);
    CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &got), 0);
    CHECK_EQ(policy, SCHED_FIFO);
    CHECK_EQ(got.sched_priority, 10);
    sched_yield();
    return unused;
}

TEST(scheduling, realtime_policy)
{
    pthread_join(start_thread(realtime, NULL), NULL);
}

TEST(scheduling, nice_values)
{
    errno = 0;
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
    CHECK_EQ(errno, 0);
    CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20); // the raw call shifts
    CHECK_ERR(getpriority(99, 0), EINVAL);
    CHECK_ERR(getpriority(PRIO_PROCESS, 0x3ffffff0), ESRCH);
    CHECK_OK(setpriority(PRIO_PROCESS, 0, 0));
}

TEST(scheduling, yield)
{
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(sched_yield(), 0);
}
