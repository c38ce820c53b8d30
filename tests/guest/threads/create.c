// Threads by pthread_create: results, attributes, stacks, identities, many at once and many in a row.
#include "../check.h"
#include "../support.h"

#include <limits.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* add_one(void* p)
{
    return (char*)p + 1;
}

TEST(threads, create_and_join)
{
    void* result = NULL;
    pthread_t thread = start_thread(add_one, (void*)41);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_EQ((intptr_t)result, 42);
}

static void* leave_early(void* p)
{
    pthread_exit((char*)p + 2);
    return NULL;
}

TEST(threads, exit_value)
{
    void* result = NULL;
    pthread_join(start_thread(leave_early, (void*)5), &result);
    CHECK_EQ((intptr_t)result, 7);
}

static void* own_ids(void* p)
{
    pid_t* ids = p;
    ids[0] = getpid();
    ids[1] = (pid_t)syscall(SYS_gettid);
    return NULL;
}

TEST(threads, identities)
{
    pid_t ids[2];
    pthread_join(start_thread(own_ids, ids), NULL);
    CHECK_EQ(ids[0], getpid());
    CHECK(ids[1] != getpid() && ids[1] > 0);
    CHECK_EQ(syscall(SYS_gettid), getpid()); // the main thread
}

static void* set_flag(void* p)
{
    __atomic_store_n((int*)p, 1, __ATOMIC_RELEASE);
    return NULL;
}

TEST(threads, detached)
{
    pthread_attr_t attributes;
    pthread_t thread;
    static int done;
    done = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    CHECK_EQ(pthread_create(&thread, &attributes, set_flag, &done), 0);
    CHECK(wait_for(&done, 1));
    pthread_attr_destroy(&attributes);
}

static void* use_stack(void* p)
{
    size_t size = (size_t)p - 65536; // leave room for what the C library keeps there
    char* bytes = __builtin_alloca(size);
    for (size_t i = 0; i < size; i += 512)
        ((volatile char*)bytes)[i] = 1;
    return NULL;
}

TEST(threads, stack_sizes)
{
    static const size_t sizes[] = {128 << 10, 1 << 20, 8 << 20, 64 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        CHECK_EQ(pthread_attr_setstacksize(&attributes, sizes[i]), 0);
        int error = pthread_create(&thread, &attributes, use_stack, (void*)sizes[i]);
        if (CHECK_EQ(error, 0))
            pthread_join(thread, NULL);
        pthread_attr_destroy(&attributes);
    }
}

TEST(threads, own_stack_memory)
{
    enum { SIZE = 256 << 10 };
    pthread_attr_t attributes;
    pthread_t thread;
    void* result = NULL;
    char* stack = map_pages(SIZE / PAGE);
    REQUIRE(stack);
    pthread_attr_init(&attributes);
    CHECK_EQ(pthread_attr_setstack(&attributes, stack, SIZE), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, add_one, (void*)1), 0);
    pthread_join(thread, &result);
    CHECK_EQ((intptr_t)result, 2);
    munmap(stack, SIZE);
}

static void* inspect_stack(void* unused)
{
    pthread_attr_t attributes;
    void* low;
    size_t size;
    char here;
    CHECK_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    CHECK_EQ(pthread_attr_getstack(&attributes, &low, &size), 0);
    CHECK(&here > (char*)low && &here < (char*)low + size);
    pthread_attr_destroy(&attributes);
    return unused;
}

// For the main thread glibc reads /proc/self/maps and RLIMIT_STACK.
TEST(threads, stack_bounds)
{
    pthread_join(start_thread(inspect_stack, NULL), NULL);
    inspect_stack(NULL);
}

static pthread_barrier_t all_here;
static int arrived;

static void* arrive(void* unused)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(&all_here);
    return unused;
}

TEST(threads, five_hundred_at_once)
{
    enum { MANY = 500 };
    static pthread_t threads[MANY];
    pthread_attr_t attributes;
    arrived = 0;
    pthread_barrier_init(&all_here, NULL, MANY + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (int i = 0; i < MANY; i++)
        if (!CHECK_EQ(pthread_create(&threads[i], &attributes, arrive, NULL), 0))
            exit(1);
    pthread_barrier_wait(&all_here);
    CHECK_EQ(arrived, MANY);
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    pthread_barrier_destroy(&all_here);
}

TEST(threads, storm)
{
    static pthread_t threads[8];
    intptr_t sum = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 8; i++)
            threads[i] = start_thread(add_one, (void*)(intptr_t)i);
        for (int i = 0; i < 8; i++) {
            void* result = NULL;
            pthread_join(threads[i], &result);
            sum += (intptr_t)result;
        }
    }
    CHECK_EQ(sum, 100 * 36);
}

static void* storm_inside(void* depth)
{
    intptr_t d = (intptr_t)depth;
    if (d == 0)
        return (void*)1;
    pthread_t a = start_thread(storm_inside, (void*)(d - 1)), b = start_thread(storm_inside, (void*)(d - 1));
    void *x = NULL, *y = NULL;
    pthread_join(a, &x);
    pthread_join(b, &y);
    return (void*)((intptr_t)x + (intptr_t)y);
}

TEST(threads, storm_from_many_threads)
{
    CHECK_EQ((intptr_t)storm_inside((void*)6), 64);
}

TEST(threads, join_with_time_limit)
{
    sem_t wait;
    void* result;
    struct timespec soon = timespec_of(clock_ns(CLOCK_REALTIME) + 20000000);
    sem_init(&wait, 0, 0);
    pthread_t thread = start_thread((void* (*)(void*))(void*)sem_wait, &wait);
    CHECK_EQ(pthread_tryjoin_np(thread, &result), EBUSY);
    CHECK_EQ(pthread_timedjoin_np(thread, &result, &soon), ETIMEDOUT);
    sem_post(&wait);
    CHECK_EQ(pthread_join(thread, &result), 0);
}

static void* named(void* unused)
{
    char name[16] = {0};
    CHECK_EQ(pthread_setname_np(pthread_self(), "fifteen-letters"), 0);
    CHECK_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    CHECK_STR(name, "fifteen-letters");
    CHECK_EQ(pthread_setname_np(pthread_self(), "sixteen--letters"), ERANGE);
    return unused;
}

TEST(threads, names)
{
    pthread_join(start_thread(named, NULL), NULL);
}
