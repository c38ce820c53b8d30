// MAP_FIXED over what is there, and mprotect of parts: areas split and join without losing a byte.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE, FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };

TEST(memory, fixed_overlay_in_the_middle)
{
    char* p = map_pages(5);
    REQUIRE(p);
    for (int i = 0; i < 5; i++)
        p[i * PAGE] = (char)(i + 1);
    CHECK(mmap(p + 2 * PAGE, PAGE, RW, FIXED, -1, 0) == p + 2 * PAGE);
    CHECK_EQ(p[0], 1);
    CHECK_EQ(p[PAGE], 2);
    CHECK_EQ(p[2 * PAGE], 0); // fresh
    CHECK_EQ(p[3 * PAGE], 4);
    CHECK_EQ(p[4 * PAGE], 5);
    munmap(p, 5 * PAGE);
}

TEST(memory, fixed_overlay_across_areas)
{
    char* p = mmap(NULL, 6 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_OK(mprotect(p, PAGE, RW));
    CHECK_OK(mprotect(p + 2 * PAGE, PAGE, RW));
    CHECK_OK(munmap(p + 4 * PAGE, PAGE));
    CHECK(mmap(p + PAGE, 4 * PAGE, RW, FIXED, -1, 0) == p + PAGE);
    for (int i = 0; i < 5; i++)
        p[i * PAGE] = 1;
    CHECK_EQ(FAULT(p[5 * PAGE] = 1).code, SEGV_ACCERR);
    munmap(p, 6 * PAGE);
}

TEST(memory, fixed_file_over_anonymous)
{
    int fd = scratch_file("overlay", "from the file");
    char* p = map_pages(3);
    REQUIRE(p);
    memset(p, 'a', 3 * PAGE);
    CHECK(mmap(p + PAGE, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0) == p + PAGE);
    CHECK_EQ(memcmp(p + PAGE, "from the file", 14), 0);
    CHECK_EQ(p[PAGE - 1], 'a');
    CHECK_EQ(p[2 * PAGE], 'a');
    munmap(p, 3 * PAGE);
    close(fd);
}

TEST(memory, protect_parts)
{
    char* p = map_pages(5);
    REQUIRE(p);
    memset(p, 7, 5 * PAGE);
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
    CHECK_OK(mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
    p[0] = p[2 * PAGE] = p[4 * PAGE] = 8;
    CHECK_EQ(p[PAGE], 7);
    struct fault f = FAULT(p[PAGE] = 1);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_ACCERR);
    CHECK(f.address == p + PAGE);
    CHECK_EQ(f.error & 7, 7); // user, write, present
    f = FAULT(*(volatile char*)(p + 3 * PAGE + 5));
    CHECK_EQ(f.code, SEGV_ACCERR);
    CHECK(f.address == p + 3 * PAGE + 5);
    CHECK_OK(mprotect(p, 5 * PAGE, RW));
    CHECK_EQ(p[PAGE], 7);
    CHECK_EQ(p[3 * PAGE], 7); // content outlives PROT_NONE
    munmap(p, 5 * PAGE);
}

TEST(memory, protect_refused)
{
    char* p = map_pages(3);
    REQUIRE(p);
    CHECK_ERR(mprotect(p + 1, PAGE, RW), EINVAL);
    CHECK_ERR(mprotect(p, PAGE, 0x40), EINVAL);
    CHECK_OK(mprotect(p, 0, RW));
    CHECK_OK(munmap(p + PAGE, PAGE));
    CHECK_ERR(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM); // a hole
    CHECK_EQ(FAULT(p[0] = 1).code, SEGV_ACCERR);         // what lay before the hole was changed
    munmap(p, 3 * PAGE);
}

TEST(memory, protect_stepwise_as_malloc_arenas)
{
    enum { SIZE = 1 << 20 };
    char* p = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(p != MAP_FAILED);
    for (int i = 0; i < SIZE; i += PAGE) {
        if (!CHECK_OK(mprotect(p + i, PAGE, RW)))
            p[i] = (char)(i / PAGE);
        if (i + PAGE < SIZE)
            CHECK_EQ(FAULT(p[i + PAGE] = 1).code, SEGV_ACCERR);
    }
    for (int i = 0; i < SIZE; i += PAGE)
        CHECK_EQ(p[i], (char)(i / PAGE));
    munmap(p, SIZE);
}

TEST(memory, protect_checkerboard)
{
    enum { COUNT = 128 };
    char* p = map_pages(COUNT);
    REQUIRE(p);
    for (int i = 0; i < COUNT; i += 2)
        CHECK_OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(FAULT(p[i * PAGE] = 1).signal, i % 2 ? 0 : SIGSEGV);
    CHECK_OK(mprotect(p, COUNT * PAGE, RW));
    memset(p, 2, COUNT * PAGE);
    munmap(p, COUNT * PAGE);
}

TEST(memory, protect_write_only_is_readable)
{
    char* p = map_pages(1);
    REQUIRE(p);
    p[0] = 9;
    CHECK_OK(mprotect(p, PAGE, PROT_WRITE)); // x86 cannot refuse reading what may be written
    CHECK_EQ(FAULT(*(volatile char*)p).signal, 0);
    munmap(p, PAGE);
}
