// pthread mutexes of every type: normal, recursive, error-checking, robust, priority-inheriting, shared.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t mutex;
static long total;

static void* count(void* rounds)
{
    for (intptr_t i = 0; i < (intptr_t)rounds; i++) {
        CHECK_EQ(pthread_mutex_lock(&mutex), 0);
        total++;
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    }
    return NULL;
}

static void make(int type, int robust, int protocol)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    CHECK_EQ(pthread_mutex_init(&mutex, &attributes), 0);
    pthread_mutexattr_destroy(&attributes);
}

static void contend(void)
{
    pthread_t threads[4];
    total = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(count, (void*)2000);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(total, 8000);
    CHECK_EQ(pthread_mutex_destroy(&mutex), 0);
}

TEST(threads, mutex_contended_all_kinds)
{
    static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                                PTHREAD_MUTEX_ADAPTIVE_NP};
    for (int type = 0; type < 4; type++)
        for (int robust = 0; robust < 2; robust++)
            for (int inherit = 0; inherit < 2; inherit++) {
                make(types[type], robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED,
                     inherit ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
                contend();
            }
}

// A waiter may find that the owner it saw in the word has meanwhile let go and ended.
TEST(threads, mutex_inheriting_of_short_lived_owners)
{
    for (int round = 0; round < 40; round++) {
        pthread_t threads[4];
        make(PTHREAD_MUTEX_NORMAL, round % 2 ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED,
             PTHREAD_PRIO_INHERIT);
        total = 0;
        for (int i = 0; i < 4; i++)
            threads[i] = start_thread(count, (void*)(intptr_t)(200 + i * 100));
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        CHECK_EQ(total, 1400);
    }
}

TEST(threads, mutex_recursive)
{
    make(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(&mutex), EPERM);
}

TEST(threads, mutex_error_checking)
{
    for (int inherit = 0; inherit < 2; inherit++) {
        make(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED,
             inherit ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
        CHECK_EQ(pthread_mutex_lock(&mutex), 0);
        CHECK_EQ(pthread_mutex_lock(&mutex), EDEADLK);
        CHECK_EQ(pthread_mutex_trylock(&mutex), inherit ? EDEADLK : EBUSY);
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutex), EPERM);
    }
}

TEST(threads, mutex_static_kinds)
{
    static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    static pthread_mutex_t checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
    CHECK_EQ(pthread_mutex_lock(&recursive), 0);
    CHECK_EQ(pthread_mutex_trylock(&recursive), 0);
    CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
    CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
    CHECK_EQ(pthread_mutex_unlock(&recursive), EPERM);
    CHECK_EQ(pthread_mutex_lock(&checking), 0);
    CHECK_EQ(pthread_mutex_lock(&checking), EDEADLK);
    CHECK_EQ(pthread_mutex_unlock(&checking), 0);
    CHECK_EQ(pthread_mutex_lock(&adaptive), 0);
    CHECK_EQ(pthread_mutex_trylock(&adaptive), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&adaptive), 0);
}

static void* try_with_limit(void* unused)
{
    struct timespec soon = timespec_of(clock_ns(CLOCK_REALTIME) + 30000000);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY);
    CHECK_EQ(pthread_mutex_timedlock(&mutex, &soon), ETIMEDOUT);
    CHECK(clock_ns(CLOCK_MONOTONIC) - start >= 25000000);
    soon = timespec_of(clock_ns(CLOCK_MONOTONIC) + 30000000);
    CHECK_EQ(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &soon), ETIMEDOUT);
    soon.tv_nsec = 1000000000;
    CHECK_EQ(pthread_mutex_timedlock(&mutex, &soon), EINVAL);
    return unused;
}

TEST(threads, mutex_time_limit)
{
    make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    pthread_mutex_lock(&mutex);
    pthread_join(start_thread(try_with_limit, NULL), NULL);
    pthread_mutex_unlock(&mutex);
}

static void* try_inheriting(void* unused)
{
    struct timespec soon = timespec_of(clock_ns(CLOCK_REALTIME) + 30000000);
    CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY);
    CHECK_EQ(pthread_mutex_timedlock(&mutex, &soon), ETIMEDOUT);
    return unused;
}

TEST(threads, mutex_inheriting_time_limit)
{
    make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    pthread_mutex_lock(&mutex);
    pthread_join(start_thread(try_inheriting, NULL), NULL);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    CHECK_EQ(pthread_mutex_destroy(&mutex), 0);
}

static void* die_holding(void* unused)
{
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    return unused;
}

static void owner_dies(int protocol)
{
    make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, protocol);
    pthread_join(start_thread(die_holding, NULL), NULL);
    CHECK_EQ(pthread_mutex_trylock(&mutex), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(&mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    pthread_join(start_thread(die_holding, NULL), NULL);
    CHECK_EQ(pthread_mutex_lock(&mutex), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0); // not made consistent: lost for good
    CHECK_EQ(pthread_mutex_lock(&mutex), ENOTRECOVERABLE);
}

TEST(threads, mutex_robust)
{
    owner_dies(PTHREAD_PRIO_NONE);
}

TEST(threads, mutex_robust_inheriting)
{
    owner_dies(PTHREAD_PRIO_INHERIT);
}

static void* die_later(void* ready)
{
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    __atomic_store_n((int*)ready, 1, __ATOMIC_RELEASE);
    sleep_ms(30);
    return NULL;
}

TEST(threads, mutex_robust_wakes_waiter)
{
    for (int protocol = 0; protocol < 2; protocol++) {
        static int ready;
        ready = 0;
        make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
        pthread_t thread = start_thread(die_later, &ready);
        wait_for(&ready, 1);
        CHECK_EQ(pthread_mutex_lock(&mutex), EOWNERDEAD); // asleep when the owner dies
        CHECK_EQ(pthread_mutex_consistent(&mutex), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
        pthread_join(thread, NULL);
    }
}

static pthread_mutex_t* shared;

static void* count_shared(void* unused)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(shared);
        total++;
        pthread_mutex_unlock(shared);
    }
    return unused;
}

TEST(threads, mutex_process_shared)
{
    pthread_mutexattr_t attributes;
    pthread_t threads[4];
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    CHECK_EQ(pthread_mutex_init(shared, &attributes), 0);
    total = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(count_shared, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(total, 8000);
    munmap(shared, PAGE);
}
