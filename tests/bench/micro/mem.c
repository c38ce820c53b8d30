// Mapping and touching pages, protection, the allocator, copying.
#include "micro.h"

#include <sys/mman.h>

enum { PAGE = 4096 };

static char* map(uint64_t pages, int more_flags)
{
    void* p =
        mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

// One operation is one page; `block` pages are mapped, touched and unmapped at a time.
static int touch_blocks(uint64_t count, uint64_t block, int more_flags)
{
    for (uint64_t i = 0; i < count; i += block) {
        uint64_t pages = count - i < block ? count - i : block;
        char* p = map(pages, more_flags);
        if (!p)
            return -1;
        for (uint64_t j = 0; j < pages; j++)
            p[j * PAGE] = 1;
        munmap(p, pages * PAGE);
    }
    return 0;
}

static int touch_256(uint64_t count, void* unused)
{
    (void)unused;
    return touch_blocks(count, 256, 0);
}

static int populate_256(uint64_t count, void* unused)
{
    (void)unused;
    return touch_blocks(count, 256, MAP_POPULATE);
}

static int touch_one(uint64_t count, void* unused)
{
    (void)unused;
    return touch_blocks(count, 1, 0);
}

// As a large heap grows: 32 MiB are mapped whatever the count, so that big pages may be used.
static int touch_32_mib(uint64_t count, void* unused)
{
    const uint64_t pages = 8192;
    (void)unused;
    for (uint64_t i = 0; i < count; i += pages) {
        char* p = map(pages, 0);
        if (!p)
            return -1;
        for (uint64_t j = 0; j < pages && i + j < count; j++)
            p[j * PAGE] = 1;
        munmap(p, pages * PAGE);
    }
    return 0;
}

static int protect(uint64_t count, void* page)
{
    for (uint64_t i = 0; i < count; i++)
        if (mprotect(page, PAGE, i & 1 ? PROT_READ | PROT_WRITE : PROT_READ) != 0)
            return -1;
    return mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void* allocate(void* p)
{
    uint64_t count = *(uint64_t*)p;
    void* slots[256] = {0};
    uint32_t random = 12345;
    for (uint64_t i = 0; i < count; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned slot = (random >> 8) & 255;
        free(slots[slot]);
        slots[slot] = malloc(16 + ((random >> 16) & 1023));
        if (slots[slot])
            *(volatile char*)slots[slot] = 1;
    }
    for (int i = 0; i < 256; i++)
        free(slots[i]);
    return NULL;
}

static int allocate_in(uint64_t count, void* threads)
{
    int many = (int)(intptr_t)threads;
    uint64_t each = count / (uint64_t)many + 1;
    pthread_t all[8];
    for (int i = 0; i < many; i++)
        if (pthread_create(&all[i], NULL, allocate, &each) != 0)
            return -1;
    for (int i = 0; i < many; i++)
        pthread_join(all[i], NULL);
    return 0;
}

struct copy {
    char *to, *from;
    size_t length;
};

static int copy(uint64_t count, void* p)
{
    struct copy* c = p;
    for (uint64_t i = 0; i < count; i++) {
        memcpy(c->to, c->from, c->length);
        __asm__ volatile("" ::: "memory");
    }
    return 0;
}

static int fill(uint64_t count, void* p)
{
    struct copy* c = p;
    for (uint64_t i = 0; i < count; i++) {
        memset(c->to, (int)i, c->length);
        __asm__ volatile("" ::: "memory");
    }
    return 0;
}

int main(void)
{
    benchmark("mem.map_touch_unmap_256pages_per_page", touch_256, NULL);
    benchmark("mem.map_populate_unmap_256pages_per_page", populate_256, NULL);
    benchmark("mem.map_touch_unmap_1page", touch_one, NULL);
    benchmark("mem.map_touch_unmap_32MiB_per_page", touch_32_mib, NULL);
    char* page = map(1, 0);
    if (page)
        benchmark("mem.mprotect_page", protect, page);
    benchmark("malloc.1thread", allocate_in, (void*)1);
    benchmark("malloc.2threads", allocate_in, (void*)2);
    struct copy c = {malloc(4 << 20), malloc(4 << 20), PAGE};
    if (!c.to || !c.from)
        return 1;
    memset(c.to, 1, 4 << 20);
    memset(c.from, 2, 4 << 20);
    benchmark_bytes("memcpy.4KiB", copy, &c, PAGE);
    c.length = 4 << 20;
    benchmark_bytes("memcpy.4MiB", copy, &c, 4 << 20);
    benchmark_bytes("memset.4MiB", fill, &c, 4 << 20);
    return 0;
}
