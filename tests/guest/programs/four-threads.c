// Four threads with an answer that is known: the 200-boots test. Every way to wait is used: mutex, condition,
// barrier, pipe, atomic. Prints the answer; status 0 if it is right, 1 if not.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 50, LENGTH = 4096 };

static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const uint64_t answer = 0x56647feb27bbd084; // from a run on Linux
static uint32_t numbers[LENGTH];
static uint64_t total;
static int turn, ring[THREADS][2];

// Each round: a slice of the numbers each, a sum under the lock in turn, a token round the ring of pipes.
static void* work(void* p)
{
    int me = (int)(intptr_t)p;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t sum = 0;
        for (int i = me; i < LENGTH; i += THREADS)
            sum += numbers[i] = numbers[i] * 1664525u + 1013904223u + (uint32_t)i;
        pthread_barrier_wait(&barrier);

        pthread_mutex_lock(&mutex);
        while (turn % THREADS != me)
            pthread_cond_wait(&changed, &mutex);
        total = total * 31 + sum;
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
        pthread_barrier_wait(&barrier);

        uint64_t token = me == 0 ? total : 0;
        if (me == 0 && write(ring[1][1], &token, sizeof token) != sizeof token)
            return NULL;
        if (read(ring[me][0], &token, sizeof token) != sizeof token)
            return NULL;
        token++;
        if (me != 0 && write(ring[(me + 1) % THREADS][1], &token, sizeof token) != sizeof token)
            return NULL;
        if (me == 0)
            total = total * 31 + token;
        pthread_barrier_wait(&barrier);
    }
    return p;
}

int main(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pipe(ring[i]) != 0)
            return 2;
    for (intptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void*)i) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("answer %016llx\n", (unsigned long long)total);
    return total == answer ? 0 : 1;
}
