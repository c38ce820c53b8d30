// pthread_cancel: in blocking calls, deferred, asynchronous, with clean-up handlers.
#include "../check.h"
#include "../support.h"

#include <unistd.h>

static int cleaned, ready;

static void clean(void* p)
{
    cleaned += (int)(intptr_t)p;
}

static void* read_for_ever(void* p)
{
    char c;
    pthread_cleanup_push(clean, (void*)1);
    pthread_cleanup_push(clean, (void*)10);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    if (read(*(int*)p, &c, 1) != 1)
        cleaned += 1000;
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void expect_cancelled(pthread_t thread)
{
    void* result = NULL;
    CHECK_EQ(pthread_cancel(thread), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
}

TEST(threads, cancel_in_read)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    cleaned = ready = 0;
    pthread_t thread = start_thread(read_for_ever, ends);
    wait_for(&ready, 1);
    let_it_block();
    expect_cancelled(thread);
    CHECK_EQ(cleaned, 11);
    close(ends[0]);
    close(ends[1]);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void unlock(void* p)
{
    pthread_mutex_unlock(p);
}

static void* wait_for_ever(void* unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    for (;;)
        pthread_cond_wait(&never, &mutex);
    pthread_cleanup_pop(0);
    return unused;
}

TEST(threads, cancel_in_condition)
{
    ready = 0;
    pthread_t thread = start_thread(wait_for_ever, NULL);
    wait_for(&ready, 1);
    let_it_block();
    expect_cancelled(thread);
    CHECK_EQ(pthread_mutex_trylock(&mutex), 0); // the clean-up handler let go
    pthread_mutex_unlock(&mutex);
}

static void* sleep_for_ever(void* unused)
{
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    for (;;)
        sleep(1000);
    return unused;
}

TEST(threads, cancel_in_sleep)
{
    ready = 0;
    pthread_t thread = start_thread(sleep_for_ever, NULL);
    wait_for(&ready, 1);
    let_it_block();
    expect_cancelled(thread);
}

static void* spin_for_ever(void* unused)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    for (;;)
        __asm__ volatile("" ::: "memory");
    return unused;
}

TEST(threads, cancel_of_a_spinning_thread)
{
    ready = 0;
    pthread_t thread = start_thread(spin_for_ever, NULL);
    wait_for(&ready, 1);
    expect_cancelled(thread);
}

static void* not_now(void* unused)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    wait_for(&ready, 2);
    sleep_ms(5);
    cleaned = 5;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    cleaned = 6;
    return unused;
}

TEST(threads, cancel_waits_until_enabled)
{
    ready = cleaned = 0;
    pthread_t thread = start_thread(not_now, NULL);
    wait_for(&ready, 1);
    CHECK_EQ(pthread_cancel(thread), 0);
    __atomic_store_n(&ready, 2, __ATOMIC_RELEASE);
    void* result = NULL;
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_EQ(cleaned, 5);
}
