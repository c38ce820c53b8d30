// Priority inheritance: who owns a PI futex that a more urgent thread waits for is not held up by those
// between the two. All run on one CPU, as SCHED_FIFO.
#include "../check.h"
#include "../support.h"
#include "futex.h"

#include <sched.h>

enum {
    PRIVATE = FUTEX_PRIVATE_FLAG,
    CONTROL = 60,
    LOW = 10,
    MIDDLE = 20,
    HIGH = 30,
    BUSY_MS = 300,
    MS = 1000000
};

static int first_lock, second_lock;
static int holds, may_release; // of the low thread
static int64_t high_done, middle_done;

static void lock(int* word)
{
    CHECK_EQ(futex(word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
}

static void unlock(int* word)
{
    CHECK_EQ(futex(word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0), 0);
}

static void set_priority(int priority)
{
    struct sched_param parameters = {.sched_priority = priority};
    CHECK_OK(sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &parameters));
}

static void wait_until_held(void)
{
    while (!__atomic_load_n(&holds, __ATOMIC_ACQUIRE))
        sleep_ms(1); // a yield would not let the less urgent run
}

// On one CPU, where this thread decides when the others come to run.
static void on_one_cpu(void (*body)(void))
{
    cpu_set_t all, one;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    CHECK_OK(sched_setaffinity(0, sizeof one, &one));
    set_priority(CONTROL);
    first_lock = second_lock = holds = may_release = 0;
    high_done = middle_done = 0;
    body();
    set_priority(0);
    CHECK_OK(sched_setaffinity(0, sizeof all, &all));
}

static void* hold_first(void* unused)
{
    set_priority(LOW);
    lock(&first_lock);
    __atomic_store_n(&holds, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&may_release, __ATOMIC_ACQUIRE)) // needs the CPU to go on
        continue;
    unlock(&first_lock);
    // Back at its own priority: the middle one, which is still busy, goes first from here on.
    CHECK(__atomic_load_n(&middle_done, __ATOMIC_ACQUIRE) != 0);
    return unused;
}

static void* be_busy(void* unused)
{
    __atomic_store_n(&may_release, 1, __ATOMIC_RELEASE); // as urgent as its creator still
    set_priority(MIDDLE);
    int64_t end = clock_ns(CLOCK_MONOTONIC) + BUSY_MS * INT64_C(1000000);
    while (clock_ns(CLOCK_MONOTONIC) < end)
        continue;
    __atomic_store_n(&middle_done, clock_ns(CLOCK_MONOTONIC), __ATOMIC_RELEASE);
    return unused;
}

static void* want(void* word)
{
    set_priority(HIGH);
    lock(word);
    high_done = clock_ns(CLOCK_MONOTONIC);
    unlock(word);
    return NULL;
}

static void* pass_on(void* unused)
{
    set_priority(LOW + 1);
    lock(&second_lock);
    lock(&first_lock);
    unlock(&first_lock);
    unlock(&second_lock);
    return unused;
}

static void direct(void)
{
    pthread_t low = start_thread(hold_first, NULL);
    wait_until_held();
    pthread_t high = start_thread(want, &first_lock);
    sleep_ms(20); // it waits for the low one by now
    pthread_t middle = start_thread(be_busy, NULL);
    pthread_join(high, NULL);
    pthread_join(middle, NULL);
    pthread_join(low, NULL);
    CHECK(high_done < middle_done - BUSY_MS / 3 * INT64_C(1000000));
}

TEST(futex, boost_of_owner)
{
    on_one_cpu(direct);
}

static void chained(void)
{
    pthread_t low = start_thread(hold_first, NULL);
    wait_until_held();
    pthread_t between = start_thread(pass_on, NULL);
    sleep_ms(20);
    pthread_t high = start_thread(want, &second_lock);
    sleep_ms(20);
    pthread_t middle = start_thread(be_busy, NULL);
    pthread_join(high, NULL);
    pthread_join(middle, NULL);
    pthread_join(between, NULL);
    pthread_join(low, NULL);
    CHECK(high_done < middle_done - BUSY_MS / 3 * INT64_C(1000000));
}

TEST(futex, boost_along_chain)
{
    on_one_cpu(chained);
}

static void* hold_until_told(void* unused)
{
    set_priority(LOW);
    lock(&first_lock);
    __atomic_store_n(&holds, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&may_release, __ATOMIC_ACQUIRE))
        sleep_ms(5);
    unlock(&first_lock);
    return unused;
}

static void* hold_second(void* unused)
{
    set_priority(MIDDLE);
    lock(&second_lock);
    lock(&first_lock);
    unlock(&first_lock);
    unlock(&second_lock);
    return unused;
}

// The kernel knows who waits for whom: a ring is refused.
static void ring(void)
{
    lock(&first_lock);
    pthread_t other = start_thread(hold_second, NULL);
    sleep_ms(20);
    CHECK_ERR(futex(&second_lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0), EDEADLK);
    unlock(&first_lock);
    pthread_join(other, NULL);
    CHECK_EQ(first_lock | second_lock, 0);
}

TEST(futex, boost_refuses_rings)
{
    on_one_cpu(ring);
}

static void* want_not_long(void* unused)
{
    struct timespec t = timespec_of(clock_ns(CLOCK_REALTIME) + 30 * MS);
    set_priority(HIGH);
    CHECK_ERR(futex(&first_lock, FUTEX_LOCK_PI | PRIVATE, 0, &t, NULL, 0), ETIMEDOUT);
    return unused;
}

// What is read back is what was set, also while boosted; after a time-out the boost is over.
static void reported(void)
{
    struct sched_param parameters;
    set_priority(LOW);
    lock(&first_lock);
    pthread_t high = start_thread(want_not_long, NULL);
    sleep_ms(10);
    CHECK_OK(sched_getparam(0, &parameters));
    CHECK_EQ(parameters.sched_priority, LOW);
    set_priority(LOW + 1); // set while boosted: kept for later
    pthread_join(high, NULL);
    CHECK_OK(sched_getparam(0, &parameters));
    CHECK_EQ(parameters.sched_priority, LOW + 1);
    unlock(&first_lock);
    set_priority(CONTROL);
}

TEST(futex, boost_is_not_reported)
{
    on_one_cpu(reported);
}

static int order[3], served;

static void* take_turn(void* priority)
{
    set_priority((int)(intptr_t)priority);
    lock(&first_lock);
    order[served++] = (int)(intptr_t)priority;
    unlock(&first_lock);
    return NULL;
}

// Who waits with the highest priority is next, whenever it got it.
static void in_order(void)
{
    pthread_t threads[3];
    served = 0;
    pthread_t holder = start_thread(hold_until_told, NULL);
    wait_until_held();
    for (int i = 0; i < 3; i++) {
        threads[i] = start_thread(take_turn, (void*)(intptr_t)(MIDDLE + i));
        sleep_ms(10);
    }
    struct sched_param urgent = {.sched_priority = MIDDLE + 5};
    CHECK_EQ(pthread_setschedparam(threads[0], SCHED_FIFO, &urgent), 0);
    __atomic_store_n(&may_release, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pthread_join(holder, NULL);
    CHECK_EQ(order[0], MIDDLE);
    CHECK_EQ(order[1], MIDDLE + 2);
    CHECK_EQ(order[2], MIDDLE + 1);
}

TEST(futex, boost_serves_the_most_urgent)
{
    on_one_cpu(in_order);
}
