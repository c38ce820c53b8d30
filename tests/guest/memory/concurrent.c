// Many threads in one address space: what one CPU may still remember of a page must be gone before the call
// that changed it returns, and no two threads may ever be given the same memory.
#include "../check.h"
#include "../support.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE, WRITERS = 3, PAGES = 16 };

static char* shared;
static int stop;
static long writes;

static sigjmp_buf* return_point(void)
{
    static _Thread_local sigjmp_buf point;
    return &point;
}

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(*return_point(), 1);
}

// Writes all the time; a page that may not be written just now is skipped.
static void* write_pages(void* p)
{
    for (unsigned i = (unsigned)(uintptr_t)p; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
        if (sigsetjmp(*return_point(), 1) == 0) {
            __atomic_add_fetch((int*)(shared + (i % PAGES) * PAGE), 1, __ATOMIC_RELAXED);
            __atomic_add_fetch(&writes, 1, __ATOMIC_RELAXED);
        }
    return NULL;
}

static void start_writers(pthread_t* threads)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    stop = 0;
    writes = 0;
    shared = map_pages(PAGES);
    for (intptr_t i = 0; i < WRITERS; i++)
        threads[i] = start_thread(write_pages, (void*)(i * 5));
}

static void stop_writers(pthread_t* threads)
{
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    munmap(shared, PAGES * PAGE);
}

// Once mprotect has returned, nobody writes any more: not through an old translation either.
TEST(memory, concurrent_protection)
{
    pthread_t threads[WRITERS];
    start_writers(threads);
    for (int round = 0; round < 300; round++) {
        int* page = (int*)(shared + round % PAGES * PAGE);
        CHECK_OK(mprotect(page, PAGE, PROT_READ));
        int before = __atomic_load_n(page, __ATOMIC_SEQ_CST);
        for (int i = 0; i < 20; i++)
            sched_yield();
        if (!CHECK_EQ(__atomic_load_n(page, __ATOMIC_SEQ_CST), before))
            break;
        CHECK_OK(mprotect(page, PAGE, RW));
    }
    stop_writers(threads);
    CHECK(writes > 0);
}

// The same for unmapping: the frame goes to somebody else, whom old translations would spoil.
TEST(memory, concurrent_unmapping)
{
    pthread_t threads[WRITERS];
    start_writers(threads);
    for (int round = 0; round < 200; round++) {
        char* page = shared + round % PAGES * PAGE;
        int* fresh = (int*)map_pages(1); // now, so that it does not get the same address
        REQUIRE(fresh);
        CHECK_OK(munmap(page, PAGE));
        memset(fresh, 0x55, PAGE); // may well get the same frame
        sched_yield();
        for (int i = 0; i < PAGE / 4; i++)
            if (fresh[i] != 0x55555555) {
                CHECK_EQ(fresh[i], 0x55555555);
                break;
            }
        munmap(fresh, PAGE);
        CHECK(mmap(page, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
    }
    stop_writers(threads);
}

static void* map_and_check(void* p)
{
    unsigned char mark = (unsigned char)(uintptr_t)p;
    for (int round = 0; round < 150; round++) {
        size_t pages = (size_t)(round % 7 + 1);
        unsigned char* mine = (unsigned char*)map_pages(pages);
        if (!CHECK(mine != NULL))
            break;
        for (size_t i = 0; i < pages * PAGE; i += 256)
            if (mine[i] != 0) {
                CHECK_EQ(mine[i], 0); // somebody's old content
                return NULL;
            }
        memset(mine, mark, pages * PAGE);
        if (round % 3 == 0)
            madvise(mine, PAGE, MADV_DONTNEED);
        if (round % 5 == 0)
            sched_yield();
        for (size_t i = round % 3 == 0 ? PAGE : 0; i < pages * PAGE; i += 256)
            if (mine[i] != mark) {
                CHECK_EQ(mine[i], mark);
                return NULL;
            }
        munmap(mine, pages * PAGE);
    }
    return NULL;
}

TEST(memory, concurrent_mapping)
{
    pthread_t threads[6];
    for (intptr_t i = 0; i < 6; i++)
        threads[i] = start_thread(map_and_check, (void*)(i + 1));
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
}

static int fault_turn;

static void* touch_same(void* p)
{
    int* words = (int*)shared;
    int me = (int)(intptr_t)p;
    while (__atomic_load_n(&fault_turn, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    for (int i = 0; i < 512; i++)
        __atomic_add_fetch(&words[i * (PAGE / 4) + me % 2], 1,
                           __ATOMIC_RELAXED); // all fault on one page at once
    return NULL;
}

TEST(memory, concurrent_first_touch)
{
    for (int round = 0; round < 5; round++) {
        pthread_t threads[4];
        shared = map_pages(512);
        REQUIRE(shared);
        fault_turn = 0;
        for (intptr_t i = 0; i < 4; i++)
            threads[i] = start_thread(touch_same, (void*)i);
        __atomic_store_n(&fault_turn, 1, __ATOMIC_RELEASE);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < 512; i++)
            if (!CHECK_EQ(((int*)shared)[i * (PAGE / 4)], 2) ||
                !CHECK_EQ(((int*)shared)[i * (PAGE / 4) + 1], 2))
                break;
        munmap(shared, 512 * PAGE);
    }
}

static int data_fd;

static void* map_file(void* unused)
{
    for (int round = 0; round < 60; round++) {
        char* p = mmap(NULL, 8 * PAGE, RW, round % 2 ? MAP_PRIVATE : MAP_SHARED, data_fd, 0);
        if (!CHECK(p != MAP_FAILED))
            break;
        for (int i = 0; i < 8; i++)
            if (!CHECK_EQ(p[i * PAGE + 1], 'a' + i))
                return unused;
        if (round % 2)
            p[1] = 'X';
        munmap(p, 8 * PAGE);
    }
    return unused;
}

TEST(memory, concurrent_file_mapping)
{
    pthread_t threads[4];
    char block[PAGE];
    data_fd = scratch_file("concurrent", "");
    for (int i = 0; i < 8; i++) {
        memset(block, 'a' + i, PAGE);
        CHECK_EQ(write(data_fd, block, PAGE), PAGE);
    }
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(map_file, NULL);
    for (int i = 0; i < 50; i++)
        CHECK_EQ(pwrite(data_fd, "a", 1, 1), 1);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close(data_fd);
}
