// The other pthread objects: read-write locks, barriers, spin locks, semaphores, once.
#include "../check.h"
#include "../support.h"

#include <semaphore.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int readers, most_readers, writers, overlaps;

static void* read_side(void* unused)
{
    for (int i = 0; i < 300; i++) {
        pthread_rwlock_rdlock(&lock);
        int now = __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        if (now > most_readers)
            most_readers = now;
        if (__atomic_load_n(&writers, __ATOMIC_SEQ_CST))
            overlaps++;
        __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}

static void* write_side(void* unused)
{
    for (int i = 0; i < 300; i++) {
        pthread_rwlock_wrlock(&lock);
        if (__atomic_add_fetch(&writers, 1, __ATOMIC_SEQ_CST) != 1 ||
            __atomic_load_n(&readers, __ATOMIC_SEQ_CST))
            overlaps++;
        __atomic_sub_fetch(&writers, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&lock);
    }
    return unused;
}

TEST(threads, rwlock_excludes)
{
    pthread_t threads[6];
    overlaps = 0;
    for (int i = 0; i < 6; i++)
        threads[i] = start_thread(i % 3 ? read_side : write_side, NULL);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(overlaps, 0);
}

static void* second_reader(void* unused)
{
    struct timespec soon = timespec_of(clock_ns(CLOCK_REALTIME) + 20000000);
    CHECK_EQ(pthread_rwlock_tryrdlock(&lock), 0);
    CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
    CHECK_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
    CHECK_EQ(pthread_rwlock_timedwrlock(&lock, &soon), ETIMEDOUT);
    return unused;
}

TEST(threads, rwlock_shares_and_times_out)
{
    CHECK_EQ(pthread_rwlock_rdlock(&lock), 0);
    pthread_join(start_thread(second_reader, NULL), NULL);
    CHECK_EQ(pthread_rwlock_unlock(&lock), 0);
}

static pthread_barrier_t barrier;
static int serials, phase[4];

static void* pass_barrier(void* p)
{
    for (int i = 1; i <= 100; i++) {
        phase[(intptr_t)p] = i;
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
        for (int j = 0; j < 4; j++)
            if (__atomic_load_n(&phase[j], __ATOMIC_RELAXED) < i)
                CHECK_EQ(phase[j], i);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

TEST(threads, barrier)
{
    pthread_t threads[4];
    serials = 0;
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(pass_barrier, (void*)(intptr_t)i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(serials, 100);
    CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
}

static pthread_spinlock_t spin;
static long spun;

static void* spin_count(void* unused)
{
    for (int i = 0; i < 2000; i++) {
        pthread_spin_lock(&spin);
        spun++;
        pthread_spin_unlock(&spin);
    }
    return unused;
}

// More threads than CPUs: a holder that is pre-empted must get the CPU back.
TEST(threads, spin_lock)
{
    pthread_t threads[4];
    spun = 0;
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(spin_count, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(spun, 8000);
}

static sem_t ping, pong;

static void* answer(void* unused)
{
    for (int i = 0; i < 500; i++) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return unused;
}

TEST(threads, semaphores)
{
    int value = -1;
    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    CHECK_ERR(sem_trywait(&ping), EAGAIN);
    struct timespec soon = timespec_of(clock_ns(CLOCK_REALTIME) + 20000000);
    CHECK_ERR(sem_timedwait(&ping, &soon), ETIMEDOUT);
    pthread_t thread = start_thread(answer, NULL);
    for (int i = 0; i < 500; i++) {
        sem_post(&ping);
        sem_wait(&pong);
    }
    pthread_join(thread, NULL);
    CHECK_OK(sem_getvalue(&pong, &value));
    CHECK_EQ(value, 0);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int times;

static void only_once(void)
{
    sleep_ms(10);
    times++;
}

static void* call_once(void* unused)
{
    pthread_once(&once, only_once);
    CHECK_EQ(times, 1);
    return unused;
}

TEST(threads, once)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(call_once, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
