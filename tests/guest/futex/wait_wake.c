// FUTEX_WAIT, WAKE, WAIT_BITSET, WAKE_BITSET: values, counts, clocks, time limits, interruption.
#include "../check.h"
#include "../support.h"
#include "futex.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

static int word, woken, asleep;

static void* sleep_on_word(void* bits)
{
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    long r = futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, (int)(intptr_t)bits);
    CHECK_EQ(r, 0);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void start_sleepers(pthread_t* threads, int count, unsigned bits)
{
    word = woken = asleep = 0;
    for (int i = 0; i < count; i++)
        threads[i] = start_thread(sleep_on_word, (void*)(intptr_t)(bits ? bits : 1u << i));
    wait_for(&asleep, count);
    let_it_block();
}

TEST(futex, wait_checks_value)
{
    int value = 5;
    CHECK_ERR(futex(&value, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
    CHECK_ERR(futex(&value, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 4, NULL, NULL, 0), EAGAIN);
    CHECK_ERR(futex(&value, FUTEX_WAIT_BITSET, 4, NULL, NULL, -1), EAGAIN);
}

TEST(futex, wait_relative_time_limit)
{
    int value = 5;
    struct timespec t = {0, 30000000};
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_ERR(futex(&value, FUTEX_WAIT, 5, &t, NULL, 0), ETIMEDOUT);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 30000000, INT64_C(5000000000));
    t = (struct timespec){0, 0};
    CHECK_ERR(futex(&value, FUTEX_WAIT, 5, &t, NULL, 0), ETIMEDOUT);
    t = (struct timespec){0, 1000000000};
    CHECK_ERR(futex(&value, FUTEX_WAIT, 5, &t, NULL, 0), EINVAL);
    t = (struct timespec){-1, 0};
    CHECK_ERR(futex(&value, FUTEX_WAIT, 5, &t, NULL, 0), EINVAL);
}

TEST(futex, wait_absolute_time_limits)
{
    static const struct {
        clockid_t clock;
        int flag;
    } kinds[] = {{CLOCK_MONOTONIC, 0}, {CLOCK_REALTIME, FUTEX_CLOCK_REALTIME}};
    for (int i = 0; i < 2; i++) {
        int value = 5, op = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | kinds[i].flag;
        int64_t start = clock_ns(kinds[i].clock);
        struct timespec t = timespec_of(start + 30000000);
        CHECK_ERR(futex(&value, op, 5, &t, NULL, -1), ETIMEDOUT);
        CHECK_RANGE(clock_ns(kinds[i].clock) - start, 30000000, INT64_C(5000000000));
        t = timespec_of(start / 2); // long past, also on a machine that has just started
        CHECK_ERR(futex(&value, op, 5, &t, NULL, -1), ETIMEDOUT);
    }
}

TEST(futex, wake_counts)
{
    pthread_t threads[5];
    start_sleepers(threads, 5, ~0u);
    CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0), 2);
    CHECK(wait_for(&woken, 2));
    CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 100, NULL, NULL, 0), 3);
    CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 100, NULL, NULL, 0), 0);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
}

TEST(futex, wake_by_bits)
{
    pthread_t threads[4];
    start_sleepers(threads, 4, 0); // thread i waits for bit i
    CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 100, NULL, NULL, 0x5), 2);
    pthread_join(threads[0], NULL);
    pthread_join(threads[2], NULL);
    CHECK_EQ(woken, 2);
    CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 100, NULL, NULL, 0x10), 0);
    CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 100, NULL, NULL, 0), 2);
    pthread_join(threads[1], NULL);
    pthread_join(threads[3], NULL);
    CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
}

TEST(futex, refused)
{
    struct {
        char pad;
        int word;
    } __attribute__((packed, aligned(8))) odd = {0};
    int value = 0;
    CHECK_ERR(futex((int*)((char*)&odd + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex((int*)((char*)&odd + 1), FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
    CHECK_ERR(futex((int*)8, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERR(futex((int*)8, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERR(futex(&value, FUTEX_WAIT, 0, (void*)8, NULL, 0), EFAULT);
    CHECK_ERR(futex(&value, 77, 0, NULL, NULL, 0), ENOSYS);
    CHECK_ERR(futex(&value, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS);
}

static void ignore(int signal)
{
    (void)signal;
}

static void* interrupt_me(void* restart)
{
    struct timespec t = {5, 0};
    struct sigaction action = {.sa_handler = ignore, .sa_flags = restart ? SA_RESTART : 0};
    sigaction(SIGUSR1, &action, NULL);
    word = 0;
    __atomic_store_n(&asleep, 1, __ATOMIC_SEQ_CST);
    if (restart) // goes on waiting, but only without a time limit
        CHECK_EQ(futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), 0);
    else
        CHECK_ERR(futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), EINTR);
    __atomic_store_n(&asleep, 2, __ATOMIC_SEQ_CST);
    CHECK_ERR(futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t, NULL, 0), EINTR);
    return NULL;
}

// Wakes one that waits on the word, or will soon: on a busy machine it may still be in its signal handler.
static bool wake_one_soon(int* futex_word)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + 10 * INT64_C(1000000000);
    while (futex(futex_word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) != 1) {
        if (clock_ns(CLOCK_MONOTONIC) > end)
            return false;
        sched_yield();
    }
    return true;
}

TEST(futex, wait_interrupted)
{
    for (intptr_t restart = 0; restart < 2; restart++) {
        asleep = 0;
        pthread_t thread = start_thread(interrupt_me, (void*)restart);
        wait_for(&asleep, 1);
        let_it_block();
        pthread_kill(thread, SIGUSR1);
        if (restart) {
            let_it_block();
            CHECK_EQ(asleep, 1);
            CHECK(wake_one_soon(&word));
        }
        wait_for(&asleep, 2);
        let_it_block();
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, NULL);
    }
}

static int turn;

static void* play(void* me)
{
    for (int i = 0; i < 2000; i++) {
        int now;
        while ((now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) != (intptr_t)me)
            futex(&turn, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, now, NULL, NULL, 0);
        __atomic_store_n(&turn, 1 - (int)(intptr_t)me, __ATOMIC_RELEASE);
        futex(&turn, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    }
    return NULL;
}

TEST(futex, ping_pong)
{
    turn = 0;
    pthread_t thread = start_thread(play, (void*)1);
    play((void*)0);
    pthread_join(thread, NULL);
    CHECK_EQ(turn, 0);
}
