// What each thread has for itself: __thread variables, keys with destructors, errno, the FP environment.
#include "../check.h"
#include "../support.h"

#include <fenv.h>
#include <unistd.h>

static __thread int counter = 7;
static __thread char block[5000];

static void* count(void* p)
{
    CHECK_EQ(counter, 7);
    CHECK_EQ(block[4999], 0);
    counter = (int)(intptr_t)p;
    block[4999] = (char)(intptr_t)p;
    sched_yield();
    CHECK_EQ(counter, (intptr_t)p);
    CHECK_EQ(block[4999], (char)(intptr_t)p);
    return &counter;
}

TEST(threads, thread_variables)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        threads[i] = start_thread(count, (void*)(intptr_t)(i + 100));
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(counter, 7);
}

static pthread_key_t key;
static int destroyed;

static void destroy(void* value)
{
    __atomic_add_fetch(&destroyed, (int)(intptr_t)value, __ATOMIC_RELAXED);
    if ((intptr_t)value == 1) // once more: destructors run again for what they set
        pthread_setspecific(key, (void*)10);
}

static void* set_key(void* p)
{
    CHECK(pthread_getspecific(key) == NULL);
    CHECK_EQ(pthread_setspecific(key, p), 0);
    return NULL;
}

TEST(threads, keys_and_destructors)
{
    destroyed = 0;
    CHECK_EQ(pthread_key_create(&key, destroy), 0);
    pthread_join(start_thread(set_key, (void*)1), NULL);
    CHECK_EQ(destroyed, 11);
    CHECK_EQ(pthread_key_delete(key), 0);
}

static void* fail_in_thread(void* unused)
{
    errno = 0;
    CHECK_ERR(close(-1), EBADF);
    CHECK_EQ(errno, EBADF);
    return unused;
}

TEST(threads, errno_is_local)
{
    errno = ERANGE;
    pthread_t thread = start_thread(fail_in_thread, NULL);
    pthread_join(thread, NULL);
    CHECK_EQ(errno, ERANGE);
}

// Each thread computes with its own rounding mode and its own vector values while others run.
static void* compute(void* p)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    int mode = modes[(intptr_t)p % 4];
    double start = (double)(intptr_t)p, x = start;
    fesetround(mode);
    for (int i = 1; i <= 20000; i++) {
        x = x + 1.0 / i;
        if (i % 1000 == 0)
            sched_yield();
    }
    double y = start;
    for (int i = 1; i <= 20000; i++)
        y = y + 1.0 / i;
    CHECK(x == y);
    CHECK_EQ(fegetround(), mode);
    return NULL;
}

TEST(threads, floating_point_is_local)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        threads[i] = start_thread(compute, (void*)(intptr_t)i);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(fegetround(), FE_TONEAREST);
}

#include <immintrin.h>

// The upper halves of the AVX registers outlive system calls that block and other threads' use of them.
__attribute__((target("avx"))) static void* keep_vectors(void* p)
{
    int ends[2];
    char c = 0;
    double want[4];
    CHECK_OK(pipe(ends));
    for (int i = 0; i < 4; i++)
        want[i] = (double)(intptr_t)p * 10 + i;
    for (int round = 0; round < 200; round++) {
        double got[4];
        long result;
        // No compiler may keep a vector over a call: the load, the system call and the store are one piece.
        __asm__ volatile("vmovupd %[want], %%ymm9\n\tsyscall\n\tvmovupd %%ymm9, %[got]"
                         : "=a"(result), [got] "=m"(got)
                         : "a"(24L /* sched_yield */), [want] "m"(want)
                         : "rcx", "r11", "xmm9", "memory");
        if (!CHECK_EQ(result, 0) || !CHECK_EQ(memcmp(got, want, sizeof got), 0))
            break;
        CHECK_EQ(write(ends[1], &c, 1), 1);
        CHECK_EQ(read(ends[0], &c, 1), 1);
    }
    close(ends[0]);
    close(ends[1]);
    return NULL;
}

TEST(threads, vector_registers_are_local)
{
    if (!__builtin_cpu_supports("avx"))
        return;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(keep_vectors, (void*)(intptr_t)(i + 1));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
