// FUTEX_WAIT_REQUEUE_PI with CMP_REQUEUE_PI, and LOCK_PI2: conditions whose mutex inherits priority.
#include "../check.h"
#include "../support.h"
#include "futex.h"

#include <sched.h>

enum { PRIVATE = FUTEX_PRIVATE_FLAG };

static int condition, mutex, asleep, owned;

static int tid(void)
{
    return (int)syscall(SYS_gettid);
}

static void lock(void)
{
    int free = 0;
    if (!__atomic_compare_exchange_n(&mutex, &free, tid(), 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        CHECK_EQ(futex(&mutex, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
}

static void unlock(void)
{
    int me = tid();
    if (!__atomic_compare_exchange_n(&mutex, &me, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        CHECK_EQ(futex(&mutex, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
}

static void* wait_for_condition(void* unused)
{
    lock();
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    unlock();
    CHECK_EQ(futex(&condition, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &mutex, 0), 0);
    CHECK_EQ(mutex & FUTEX_TID_MASK, tid()); // woken as the owner
    __atomic_add_fetch(&owned, 1, __ATOMIC_SEQ_CST);
    unlock();
    return unused;
}

TEST(futex, requeue_pi)
{
    pthread_t threads[3];
    condition = mutex = asleep = owned = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = start_thread(wait_for_condition, NULL);
    wait_for(&asleep, 3);
    let_it_block();
    CHECK_ERR(futex_count(&condition, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, 10, &mutex, 7), EAGAIN);
    CHECK_ERR(futex_count(&condition, FUTEX_CMP_REQUEUE_PI | PRIVATE, 2, 10, &mutex, 0), EINVAL); // wakes one
    CHECK_EQ(futex_count(&condition, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, 10, &mutex, 0), 3);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(owned, 3);
    CHECK_EQ(mutex, 0);
}

TEST(futex, requeue_pi_time_limit)
{
    condition = mutex = 0;
    struct timespec t = timespec_of(clock_ns(CLOCK_MONOTONIC) + 20000000);
    CHECK_ERR(futex(&condition, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, &t, &mutex, 0), ETIMEDOUT);
    CHECK_ERR(futex(&condition, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 5, NULL, &mutex, 0), EAGAIN);
    CHECK_ERR(futex(&condition, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &condition, 0), EINVAL);
    CHECK_EQ(mutex, 0);
}

static void* limited(void* unused)
{
    struct timespec t = timespec_of(clock_ns(CLOCK_MONOTONIC) + 20000000);
    CHECK_ERR(futex(&mutex, 13 /* FUTEX_LOCK_PI2 */ | PRIVATE, 0, &t, NULL, 0), ETIMEDOUT);
    return unused;
}

// As LOCK_PI, but its limit is of CLOCK_MONOTONIC.
TEST(futex, lock_pi2)
{
    mutex = 0;
    lock();
    pthread_join(start_thread(limited, NULL), NULL);
    unlock();
    CHECK_EQ(mutex & FUTEX_TID_MASK, 0);
}

TEST(futex, removed_operations)
{
    CHECK_ERR(futex(&condition, 2 /* FUTEX_FD */, 0, NULL, NULL, 0), ENOSYS);
}
