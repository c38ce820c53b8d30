// FUTEX_LOCK_PI, TRYLOCK_PI, UNLOCK_PI: the owner's number in the word, waiters in order, and refusals.
#include "../check.h"
#include "../support.h"
#include "futex.h"

#include <sched.h>

enum { PRIVATE = FUTEX_PRIVATE_FLAG };

static int word, ready;
static int tid(void)
{
    return (int)syscall(SYS_gettid);
}

TEST(futex, pi_uncontended)
{
    word = 0;
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(word & FUTEX_TID_MASK, tid());
    CHECK_ERR(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), EDEADLK);
    CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0), EDEADLK);
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(word, 0);
    CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), EPERM);
    CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
}

TEST(futex, pi_owner_does_not_exist)
{
    word = 0x3fffffff - 5;
    CHECK_ERR(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), ESRCH);
    CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), EPERM);
}

static void* take(void* unused)
{
    __atomic_store_n(&ready, tid(), __ATOMIC_RELEASE);
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(word & FUTEX_TID_MASK, tid());
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    return unused;
}

TEST(futex, pi_hands_over)
{
    ready = 0;
    word = tid(); // taken in user space, as the C library does
    pthread_t thread = start_thread(take, NULL);
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        sched_yield();
    let_it_block();
    CHECK_EQ(__atomic_load_n(&word, __ATOMIC_ACQUIRE), (int)(tid() | FUTEX_WAITERS));
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    pthread_join(thread, NULL);
    CHECK_EQ(word, 0);
}

static void* take_and_end(void* unused)
{
    word = tid();
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    while (!(__atomic_load_n(&word, __ATOMIC_ACQUIRE) & FUTEX_WAITERS))
        sched_yield();
    let_it_block();
    __atomic_store_n(&word, FUTEX_OWNER_DIED, __ATOMIC_RELEASE); // as musl leaves its robust mutexes
    return unused;
}

TEST(futex, pi_owner_frees_the_word_and_ends)
{
    ready = 0;
    pthread_t thread = start_thread(take_and_end, NULL);
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        sched_yield();
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(word & FUTEX_TID_MASK, tid());
    CHECK_EQ(word & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    pthread_join(thread, NULL);
}

static void* limited(void* unused)
{
    struct timespec t = timespec_of(clock_ns(CLOCK_REALTIME) + 30000000); // absolute, CLOCK_REALTIME
    CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0), EAGAIN);
    CHECK_ERR(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, &t, NULL, 0), ETIMEDOUT);
    CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), EPERM);
    return unused;
}

TEST(futex, pi_time_limit)
{
    word = 0;
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    pthread_join(start_thread(limited, NULL), NULL);
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
    CHECK_EQ(word & FUTEX_TID_MASK, 0);
}

static long total;

static void* count(void* unused)
{
    for (int i = 0; i < 500; i++) {
        int free = 0, me = tid();
        if (!__atomic_compare_exchange_n(&word, &free, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            if (!CHECK_EQ(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0))
                return unused;
        total++;
        if (i % 16 == 0)
            sched_yield();
        if (!__atomic_compare_exchange_n(&word, &me, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            if (!CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0))
                return unused;
    }
    return unused;
}

TEST(futex, pi_contended)
{
    pthread_t threads[4];
    word = 0;
    total = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(count, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(total, 2000);
    CHECK_EQ(word, 0);
}
