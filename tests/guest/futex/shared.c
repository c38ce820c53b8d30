// Shared futexes: the key is the page of the object, not the address it is mapped at.
#include "../check.h"
#include "../support.h"
#include "futex.h"

#include <sys/mman.h>

static int ready;

static void* sleep_at(void* address)
{
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    CHECK_EQ(futex(address, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
    return NULL;
}

static void wake_through(int* sleeper, int* waker)
{
    ready = 0;
    pthread_t thread = start_thread(sleep_at, sleeper);
    wait_for(&ready, 1);
    let_it_block();
    CHECK_EQ(futex(waker, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0); // another key
    if (!CHECK_EQ(futex(waker, FUTEX_WAKE, 1, NULL, NULL, 0), 1))
        futex(sleeper, FUTEX_WAKE, 1, NULL, NULL, 0);
    pthread_join(thread, NULL);
}

TEST(futex, shared_through_file)
{
    int fd = scratch_file("futex", "");
    CHECK_OK(ftruncate(fd, PAGE));
    int* a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int* b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(a != MAP_FAILED && b != MAP_FAILED && a != b);
    wake_through(&a[10], &b[10]);
    munmap(a, PAGE);
    munmap(b, PAGE);
    close(fd);
}

TEST(futex, shared_anonymous)
{
    int* a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(a != MAP_FAILED);
    int* b = mremap(a, 0, PAGE, MREMAP_MAYMOVE);
    REQUIRE(b != MAP_FAILED);
    wake_through(a, b);
    munmap(a, PAGE);
    munmap(b, PAGE);
}

TEST(futex, shared_on_private_memory)
{
    static int word;
    ready = 0;
    pthread_t thread = start_thread(sleep_at, &word);
    wait_for(&ready, 1);
    let_it_block();
    CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    pthread_join(thread, NULL);
}
