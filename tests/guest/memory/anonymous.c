// Anonymous mappings: contents, placement, hints, and what mmap refuses.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

TEST(memory, anonymous_is_zero)
{
    unsigned char* p = (unsigned char*)map_pages(64);
    REQUIRE(p);
    unsigned sum = 0;
    for (int i = 0; i < 64 * PAGE; i++)
        sum += p[i];
    CHECK_EQ(sum, 0);
    memset(p, 5, 64 * PAGE);
    CHECK_EQ(p[64 * PAGE - 1], 5);
    CHECK_OK(munmap(p, 64 * PAGE));
    CHECK_EQ(FAULT(*(volatile char*)p).signal, SIGSEGV);
    CHECK_OK(munmap(p, 64 * PAGE)); // nothing there is fine
}

TEST(memory, anonymous_unmap_middle)
{
    char* p = map_pages(3);
    REQUIRE(p);
    memset(p, 1, 3 * PAGE);
    CHECK_OK(munmap(p + PAGE, PAGE));
    CHECK_EQ(p[0] + p[2 * PAGE], 2);
    struct fault f = FAULT(p[PAGE] = 1);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_MAPERR);
    CHECK(f.address == p + PAGE);
    munmap(p, 3 * PAGE);
}

TEST(memory, anonymous_length_rounds_up)
{
    char* p = mmap(NULL, 100, RW, ANON, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ((uintptr_t)p % PAGE, 0);
    p[PAGE - 1] = 1;
    CHECK_OK(munmap(p, 1));
    CHECK_EQ(FAULT(p[0] = 1).signal, SIGSEGV);
}

TEST(memory, anonymous_hint_is_taken)
{
    char* hint = (char*)0x1230000000;
    char* p = mmap(hint, PAGE, RW, ANON, -1, 0);
    CHECK(p == hint);
    char* other = mmap(hint, PAGE, RW, ANON, -1, 0); // occupied: elsewhere
    CHECK(other != MAP_FAILED && other != p);
    char* odd = mmap(hint + PAGE * 10 + 123, PAGE, RW, ANON, -1, 0); // rounded down to a page
    CHECK(odd == hint + PAGE * 10);
    munmap(p, PAGE);
    munmap(other, PAGE);
    munmap(odd, PAGE);
}

TEST(memory, anonymous_low_hints)
{
    // Go's arenas, the JVM's compressed heap.
    static const uintptr_t hints[] = {0xc000000000, 0x687400000, 0xe0000000, 0x1000000000};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        void* p = mmap((void*)hints[i], 64 << 20, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
        CHECK_EQ((uintptr_t)p, hints[i]);
        munmap(p, 64 << 20);
    }
}

TEST(memory, anonymous_fixed_no_replace)
{
    char* p = map_pages(2);
    REQUIRE(p);
    CHECK_ERR((intptr_t)mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    CHECK_OK(munmap(p, 2 * PAGE));
    CHECK(mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p);
    munmap(p, PAGE);
}

TEST(memory, anonymous_below_2_gib)
{
    char* p = mmap(NULL, 1 << 20, RW, ANON | MAP_32BIT, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK((uintptr_t)p + (1 << 20) <= UINT64_C(0x80000000));
    p[0] = 1;
    munmap(p, 1 << 20);
}

TEST(memory, mmap_refused)
{
    CHECK_ERR((intptr_t)mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL); // neither private nor shared
    CHECK_ERR((intptr_t)mmap((void*)123, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
    CHECK_ERR((intptr_t)mmap(NULL, SIZE_MAX, RW, ANON, -1, 0), ENOMEM);
    CHECK_ERR((intptr_t)mmap(NULL, UINT64_C(1) << 47, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
    CHECK_ERR((intptr_t)mmap((void*)(UINT64_C(1) << 47), PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_ERR(munmap((void*)123, PAGE), EINVAL);
    CHECK_ERR(munmap((void*)0x10000, 0), EINVAL);
    CHECK_ERR(munmap((void*)(UINT64_C(1) << 47), PAGE), EINVAL);
}

TEST(memory, mmap_file_refused)
{
    int fd = scratch_file("mapped", "content");
    int r = CHECK_OK(open(scratch("mapped"), O_RDONLY)), w = CHECK_OK(open(scratch("mapped"), O_WRONLY));
    int folder = CHECK_OK(open("/tmp", O_RDONLY));
    int ends[2];
    CHECK_OK(pipe(ends));
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, RW, MAP_SHARED, r, 0), EACCES);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, w, 0), EACCES);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0), ENODEV);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
    CHECK_ERR((intptr_t)mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0), EOPNOTSUPP);
    void* p = mmap(NULL, PAGE, RW, MAP_PRIVATE, r, 0); // a private copy may be written
    CHECK(p != MAP_FAILED);
    munmap(p, PAGE);
    close(fd);
    close(r);
    close(w);
    close(folder);
    close(ends[0]);
    close(ends[1]);
}

TEST(memory, huge_reservations)
{
    char* p = mmap(NULL, UINT64_C(8) << 40, PROT_NONE, ANON, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_OK(madvise(p, UINT64_C(8) << 40, MADV_DODUMP)); // mariadbd does
    CHECK_OK(mprotect(p + (UINT64_C(5) << 40), PAGE, RW));
    p[UINT64_C(5) << 40] = 1;
    CHECK_EQ(FAULT(p[UINT64_C(4) << 40] = 1).code, SEGV_ACCERR);
    CHECK_OK(munmap(p, UINT64_C(8) << 40));
}

TEST(memory, no_address_is_handed_out_twice)
{
    enum { MANY = 500 };
    static char* maps[MANY];
    for (int i = 0; i < MANY; i++) {
        maps[i] = map_pages((size_t)(i % 3 + 1));
        REQUIRE(maps[i]);
        maps[i][0] = (char)i;
        maps[i][(i % 3 + 1) * PAGE - 1] = (char)i;
    }
    for (int i = 0; i < MANY; i++)
        if (!CHECK_EQ(maps[i][0], (char)i) || !CHECK_EQ(maps[i][(i % 3 + 1) * PAGE - 1], (char)i))
            break;
    for (int i = 0; i < MANY; i += 2)
        munmap(maps[i], (size_t)(i % 3 + 1) * PAGE);
    for (int i = 1; i < MANY; i += 2) {
        CHECK_EQ(maps[i][0], (char)i);
        munmap(maps[i], (size_t)(i % 3 + 1) * PAGE);
    }
}

TEST(memory, shared_anonymous)
{
    int* p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ(*p, 0);
    *p = 42;
    int* twin = mremap(p, 0, PAGE, MREMAP_MAYMOVE); // the old way to map it twice
    REQUIRE(twin != MAP_FAILED);
    CHECK_EQ(*twin, 42);
    *twin = 43;
    CHECK_EQ(*p, 43);
    munmap(p, PAGE);
    CHECK_EQ(*twin, 43);
    munmap(twin, PAGE);
}

TEST(memory, populate)
{
    unsigned char present[4];
    char* p = mmap(NULL, 4 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_OK(mincore(p, 4 * PAGE, present));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(present[i] & 1, 1);
    munmap(p, 4 * PAGE);
}
