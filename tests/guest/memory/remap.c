// mremap: growing, shrinking, moving.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };

TEST(memory, remap_shrink)
{
    char* p = map_pages(4);
    REQUIRE(p);
    p[0] = 1;
    CHECK(mremap(p, 4 * PAGE, 2 * PAGE, 0) == p);
    CHECK_EQ(p[0], 1);
    CHECK_EQ(FAULT(p[2 * PAGE] = 1).code, SEGV_MAPERR);
    munmap(p, 2 * PAGE);
}

TEST(memory, remap_grow_in_place)
{
    char* p = map_pages(4);
    REQUIRE(p);
    CHECK_OK(munmap(p + PAGE, 3 * PAGE));
    p[0] = 1;
    CHECK(mremap(p, PAGE, 3 * PAGE, 0) == p);
    CHECK_EQ(p[0], 1);
    p[3 * PAGE - 1] = 2;
    CHECK_EQ(FAULT(p[3 * PAGE] = 1).signal, SIGSEGV);
    munmap(p, 3 * PAGE);
}

TEST(memory, remap_move_keeps_content)
{
    char* p = map_pages(3);
    REQUIRE(p);
    for (int i = 0; i < 2; i++)
        memset(p + i * PAGE, 'a' + i, PAGE);
    CHECK_ERR((intptr_t)mremap(p, 2 * PAGE, 5 * PAGE, 0), ENOMEM); // the third page is in the way
    char* q = mremap(p, 2 * PAGE, 500 * PAGE, MREMAP_MAYMOVE);
    REQUIRE(q != MAP_FAILED);
    CHECK(q != p);
    CHECK_EQ(q[0], 'a');
    CHECK_EQ(q[2 * PAGE - 1], 'b');
    CHECK_EQ(q[2 * PAGE], 0);
    q[500 * PAGE - 1] = 1;
    CHECK_EQ(FAULT(p[0] = 1).code, SEGV_MAPERR);
    p[2 * PAGE] = 1; // the neighbour stayed
    munmap(q, 500 * PAGE);
    munmap(p + 2 * PAGE, PAGE);
}

TEST(memory, remap_to_fixed_place)
{
    char* p = map_pages(1);
    char* target = map_pages(3);
    REQUIRE(p && target);
    p[0] = 5;
    memset(target, 1, 3 * PAGE);
    CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE) == target + PAGE);
    CHECK_EQ(target[PAGE], 5);
    CHECK_EQ(target[0] + target[2 * PAGE], 2);
    CHECK_EQ(FAULT(p[0] = 1).code, SEGV_MAPERR);
    munmap(target, 3 * PAGE);
}

TEST(memory, remap_refused)
{
    char* p = map_pages(2);
    REQUIRE(p);
    CHECK_ERR((intptr_t)mremap(p + 1, PAGE, PAGE, MREMAP_MAYMOVE), EINVAL);
    CHECK_ERR((intptr_t)mremap(p, PAGE, 0, MREMAP_MAYMOVE), EINVAL);
    CHECK_ERR((intptr_t)mremap(p, PAGE, PAGE, 0x40), EINVAL);
    CHECK_ERR((intptr_t)mremap(p, PAGE, PAGE, MREMAP_FIXED, p + PAGE), EINVAL); // needs MAYMOVE
    CHECK_ERR((intptr_t)mremap(p, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), EINVAL);
    CHECK_OK(munmap(p, 2 * PAGE));
    CHECK_ERR((intptr_t)mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
    p = map_pages(1);
    CHECK(mremap(p, PAGE, SIZE_MAX / 2, MREMAP_MAYMOVE) == MAP_FAILED); // ENOMEM, since 6.17 EINVAL
    munmap(p, PAGE);
}

TEST(memory, remap_file)
{
    int fd = scratch_file("remap", "");
    CHECK_OK(ftruncate(fd, 4 * PAGE));
    char* p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    REQUIRE(p != MAP_FAILED);
    p[0] = 'r';
    p = mremap(p, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    REQUIRE(p != MAP_FAILED);
    p[3 * PAGE] = 's';
    char c = 0;
    CHECK_EQ(pread(fd, &c, 1, 3 * PAGE), 1);
    CHECK_EQ(c, 's');
    munmap(p, 4 * PAGE);
    close(fd);
}

TEST(memory, remap_keeps_protection)
{
    char* p = mmap(NULL, PAGE, PROT_READ, ANON, -1, 0);
    REQUIRE(p != MAP_FAILED);
    p = mremap(p, PAGE, 100 * PAGE, MREMAP_MAYMOVE);
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ(FAULT(p[99 * PAGE] = 1).code, SEGV_ACCERR);
    munmap(p, 100 * PAGE);
}

TEST(memory, realloc_large_blocks)
{
    char* p = malloc(1 << 20);
    REQUIRE(p);
    memset(p, 'r', 1 << 20);
    for (size_t size = 2 << 20; size <= 32 << 20; size *= 2) {
        p = realloc(p, size);
        REQUIRE(p);
        CHECK_EQ(p[(1 << 20) - 1], 'r');
        p[size - 1] = 'e';
    }
    free(p);
}
