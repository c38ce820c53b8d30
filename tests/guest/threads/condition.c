// Condition variables: signal, broadcast, both clocks, and a producer with several consumers.
#include "../check.h"
#include "../support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int value, waiting, woken;

static void* wait_turn(void* turn)
{
    pthread_mutex_lock(&mutex);
    while (value != (intptr_t)turn)
        pthread_cond_wait(&changed, &mutex);
    value++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

TEST(threads, condition_turns)
{
    pthread_t threads[10];
    value = -1;
    for (int i = 9; i >= 0; i--)
        threads[i] = start_thread(wait_turn, (void*)(intptr_t)i);
    pthread_mutex_lock(&mutex);
    value = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 10; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(value, 10);
}

static void* wait_once(void* unused)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    while (!value)
        pthread_cond_wait(&changed, &mutex);
    woken++;
    value--;
    pthread_mutex_unlock(&mutex);
    return unused;
}

TEST(threads, condition_signal_wakes_one)
{
    pthread_t threads[4];
    value = waiting = woken = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(wait_once, NULL);
    CHECK(wait_for(&waiting, 4));
    for (int i = 1; i <= 4; i++) {
        pthread_mutex_lock(&mutex);
        value++;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
        CHECK(wait_for(&woken, i));
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void time_out(clockid_t clock)
{
    pthread_condattr_t attributes;
    pthread_cond_t never;
    pthread_condattr_init(&attributes);
    CHECK_EQ(pthread_condattr_setclock(&attributes, clock), 0);
    CHECK_EQ(pthread_cond_init(&never, &attributes), 0);
    int64_t start = clock_ns(clock);
    struct timespec limit = timespec_of(start + 30000000);
    pthread_mutex_lock(&mutex);
    CHECK_EQ(pthread_cond_timedwait(&never, &mutex, &limit), ETIMEDOUT);
    CHECK_RANGE(clock_ns(clock) - start, 30000000, INT64_C(5000000000));
    CHECK_EQ(pthread_cond_timedwait(&never, &mutex, &limit), ETIMEDOUT); // already past
    limit.tv_nsec = -1;
    CHECK_EQ(pthread_cond_timedwait(&never, &mutex, &limit), EINVAL);
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&never);
}

TEST(threads, condition_time_limit_realtime)
{
    time_out(CLOCK_REALTIME);
}

TEST(threads, condition_time_limit_monotonic)
{
    time_out(CLOCK_MONOTONIC);
}

enum { ITEMS = 3000, QUEUE = 8 };
static int queue[QUEUE], used, next_in, next_out, finished;
static long sum;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;

static void* consume(void* unused)
{
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (!used && !finished)
            pthread_cond_wait(&not_empty, &mutex);
        if (!used) {
            pthread_mutex_unlock(&mutex);
            return unused;
        }
        sum += queue[next_out++ % QUEUE];
        used--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&mutex);
    }
}

TEST(threads, condition_bounded_queue)
{
    pthread_t threads[3];
    used = next_in = next_out = finished = 0;
    sum = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = start_thread(consume, NULL);
    for (int i = 0; i < ITEMS; i++) {
        pthread_mutex_lock(&mutex);
        while (used == QUEUE)
            pthread_cond_wait(&not_full, &mutex);
        queue[next_in++ % QUEUE] = i;
        used++;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    finished = 1;
    pthread_cond_broadcast(&not_empty);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(sum, (long)ITEMS * (ITEMS - 1) / 2);
}
