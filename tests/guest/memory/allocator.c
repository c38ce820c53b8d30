// The C library's allocator: every piece keeps what is written to it, whoever frees it.
#include "../check.h"
#include "../support.h"

#include <malloc.h>

enum { slots = 128, rounds = 20000, most_threads = 4 };

struct piece {
    unsigned char* bytes;
    size_t size;
    unsigned char mark;
};

// What threads pass to each other.
static struct piece shared[slots];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_whole(const struct piece* p)
{
    for (size_t i = 0; i < p->size; i++)
        if (p->bytes[i] != p->mark)
            return false;
    return true;
}

static unsigned next(unsigned* state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t random_size(unsigned* state)
{
    const unsigned kind = next(state) % 16;
    if (kind == 0)
        return next(state) % 200000;
    return next(state) % (kind < 8 ? 100 : 2500);
}

static struct piece make(unsigned* state)
{
    struct piece p = {NULL, random_size(state), (unsigned char)next(state)};
    switch (next(state) % 8) {
    case 0:
        p.bytes = calloc(1, p.size);
        p.mark = 0;
        CHECK(!p.bytes || is_whole(&p));
        break;
    case 1:
        CHECK_EQ(posix_memalign((void**)&p.bytes, 256, p.size), 0);
        CHECK_EQ((uintptr_t)p.bytes % 256, 0);
        break;
    default:
        p.bytes = malloc(p.size);
    }
    CHECK(p.bytes != NULL);
    CHECK_EQ((uintptr_t)p.bytes % 16, 0);
    CHECK(malloc_usable_size(p.bytes) >= p.size);
    memset(p.bytes, p.mark, p.size);
    return p;
}

static void resize(struct piece* p, unsigned* state)
{
    const size_t size = 1 + random_size(state), kept = size < p->size ? size : p->size;
    unsigned char* const moved = realloc(p->bytes, size);
    CHECK(moved != NULL);
    p->bytes = moved;
    p->size = kept;
    CHECK(is_whole(p));
    p->size = size;
    memset(p->bytes, p->mark, size);
}

static void* use(void* seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;
    struct piece own[slots] = {0};
    for (int i = 0; i < rounds; i++) {
        struct piece* const p = &own[next(&state) % slots];
        if (p->bytes && next(&state) % 4 == 0) {
            resize(p, &state);
            continue;
        }
        if (p->bytes && next(&state) % 8 == 0) {
            struct piece* const other = &shared[next(&state) % slots];
            pthread_mutex_lock(&lock);
            const struct piece taken = *other;
            *other = *p;
            *p = taken;
            pthread_mutex_unlock(&lock);
        }
        if (p->bytes)
            CHECK(is_whole(p));
        free(p->bytes);
        *p = make(&state);
    }
    for (int i = 0; i < slots; i++) {
        CHECK(!own[i].bytes || is_whole(&own[i]));
        free(own[i].bytes);
    }
    return NULL;
}

TEST(memory, allocator)
{
    pthread_t threads[most_threads];
    for (int i = 0; i < most_threads; i++)
        threads[i] = start_thread(use, (void*)(uintptr_t)(i + 1));
    for (int i = 0; i < most_threads; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < slots; i++) {
        CHECK(!shared[i].bytes || is_whole(&shared[i]));
        free(shared[i].bytes);
        shared[i] = (struct piece){0};
    }
}

static long resident_pages(void)
{
    long pages = -1;
    FILE* const statm = fopen("/proc/self/statm", "r");
    CHECK(statm && fscanf(statm, "%*d %ld", &pages) == 1);
    fclose(statm);
    return pages;
}

static void* free_all(void* pieces)
{
    for (int i = 0; i < 200; i++)
        free(((void**)pieces)[i]);
    return NULL;
}

// Threads that free and end, again and again: what they keep is given back.
TEST(memory, allocator_of_ended_threads)
{
    long before = 0;
    for (int round = 0; round < 300; round++) {
        void* pieces[200];
        for (int i = 0; i < 200; i++)
            CHECK((pieces[i] = malloc((size_t)(i % 50) * 40)) != NULL);
        pthread_join(start_thread(free_all, pieces), NULL);
        if (round == 50)
            before = resident_pages();
    }
    CHECK(resident_pages() < before + 500); // 250 rounds of 200 KB are 12,000 pages
}
