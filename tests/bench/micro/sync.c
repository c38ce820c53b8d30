// Thread switches and locks: round trips of two threads by pipe, futex, condition and eventfd.
#include "micro.h"

#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

static enum { FREE, SAME_CPU, TWO_CPUS } placement;

static void place(int which)
{
    if (placement != FREE)
        pin_to(placement == TWO_CPUS ? which : 0);
}

static void unplace(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < cpu_count(); i++)
        CPU_SET(i, &set);
    sched_setaffinity(0, sizeof set, &set);
}

// Two ways: `there` is what the first thread writes to, `back` what it reads from. Eventfds use [0] for both.
struct channel {
    uint64_t count;
    int there[2], back[2];
    size_t width;
};

static void* answer_channel(void* p)
{
    struct channel* c = p;
    uint64_t v;
    int to = c->width == 1 ? c->back[1] : c->back[0];
    place(1);
    for (uint64_t i = 0; i < c->count; i++) {
        if (read(c->there[0], &v, c->width) != (ssize_t)c->width)
            break;
        v = 1;
        if (write(to, &v, c->width) != (ssize_t)c->width)
            break;
    }
    return NULL;
}

static int channel_round_trip(uint64_t count, void* p)
{
    struct channel* c = p;
    pthread_t thread;
    uint64_t v;
    int to = c->width == 1 ? c->there[1] : c->there[0];
    c->count = count;
    if (pthread_create(&thread, NULL, answer_channel, c) != 0)
        return -1;
    place(0);
    for (uint64_t i = 0; i < count; i++) {
        v = 1;
        if (write(to, &v, c->width) != (ssize_t)c->width ||
            read(c->back[0], &v, c->width) != (ssize_t)c->width)
            return -1;
    }
    pthread_join(thread, NULL);
    if (placement != FREE)
        unplace();
    return 0;
}

static struct {
    int value;
    char pad[60];
} word;

static long futex(int op, int value)
{
    return syscall(SYS_futex, &word.value, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void wait_until(int want)
{
    int seen;
    while ((seen = __atomic_load_n(&word.value, __ATOMIC_ACQUIRE)) != want)
        futex(FUTEX_WAIT, seen);
}

static void set(int value)
{
    __atomic_store_n(&word.value, value, __ATOMIC_RELEASE);
    futex(FUTEX_WAKE, 1);
}

static void* answer_futex(void* p)
{
    uint64_t count = *(uint64_t*)p;
    place(1);
    for (uint64_t i = 0; i < count; i++) {
        wait_until(1);
        set(0);
    }
    return NULL;
}

static int futex_round_trip(uint64_t count, void* unused)
{
    pthread_t thread;
    (void)unused;
    word.value = 0;
    if (pthread_create(&thread, NULL, answer_futex, &count) != 0)
        return -1;
    place(0);
    for (uint64_t i = 0; i < count; i++) {
        set(1);
        wait_until(0);
    }
    pthread_join(thread, NULL);
    if (placement != FREE)
        unplace();
    return 0;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER, answered = PTHREAD_COND_INITIALIZER;
static int turn;

static void* answer_condition(void* p)
{
    uint64_t count = *(uint64_t*)p;
    place(1);
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != 1)
            pthread_cond_wait(&asked, &mutex);
        turn = 0;
        pthread_cond_signal(&answered);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static int condition_round_trip(uint64_t count, void* unused)
{
    pthread_t thread;
    (void)unused;
    turn = 0;
    if (pthread_create(&thread, NULL, answer_condition, &count) != 0)
        return -1;
    place(0);
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        turn = 1;
        pthread_cond_signal(&asked);
        while (turn != 0)
            pthread_cond_wait(&answered, &mutex);
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
    if (placement != FREE)
        unplace();
    return 0;
}

static void* nothing(void* p)
{
    return p;
}

static int create_join(uint64_t count, void* unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, nothing, NULL) != 0)
            return -1;
        pthread_join(thread, NULL);
    }
    return 0;
}

static int lock_unlock(uint64_t count, void* unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return 0;
}

static volatile uint64_t guarded;

static void* contend(void* p)
{
    uint64_t count = *(uint64_t*)p;
    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static int contended(uint64_t count, void* threads)
{
    int many = (int)(intptr_t)threads;
    uint64_t each = count / (uint64_t)many + 1;
    pthread_t all[16];
    for (int i = 0; i < many; i++)
        if (pthread_create(&all[i], NULL, contend, &each) != 0)
            return -1;
    for (int i = 0; i < many; i++)
        pthread_join(all[i], NULL);
    return 0;
}

static void round_trips(const char* suffix, struct channel* pipes, struct channel* events)
{
    const struct {
        const char* name;
        operation run;
        void* argument;
    } all[] = {
        {"pipe", channel_round_trip, pipes},
        {"futex", futex_round_trip, NULL},
        {"condvar", condition_round_trip, NULL},
        {"eventfd", channel_round_trip, events},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char metric[64];
        snprintf(metric, sizeof metric, "switch.%s_roundtrip%s", all[i].name, suffix);
        benchmark(metric, all[i].run, all[i].argument);
    }
}

int main(void)
{
    static struct channel pipes = {.width = 1}, events = {.width = 8};
    if (pipe(pipes.there) != 0 || pipe(pipes.back) != 0)
        print_impossible("switch.pipe_roundtrip", "pipe");
    events.there[0] = eventfd(0, 0);
    events.back[0] = eventfd(0, 0);
    round_trips("", &pipes, &events);
    if (cpu_count() > 1) { // on one CPU they would be the same again
        placement = SAME_CPU;
        round_trips("_same_cpu", &pipes, &events);
        placement = TWO_CPUS;
        round_trips("_two_cpus", &pipes, &events);
        placement = FREE;
    }
    benchmark("thread.create_join", create_join, NULL);
    benchmark("mutex.uncontended", lock_unlock, NULL);
    benchmark("mutex.contended_2threads", contended, (void*)2);
    benchmark("mutex.contended_4threads", contended, (void*)4);
    return 0;
}
