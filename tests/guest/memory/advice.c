// madvise, mincore, mlock: what may forget content, and what must not.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE };

TEST(memory, advice_dontneed_forgets)
{
    char* p = map_pages(4);
    REQUIRE(p);
    memset(p, 1, 4 * PAGE);
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
    CHECK_EQ(p[0], 1);
    CHECK_EQ(p[PAGE], 0);
    CHECK_EQ(p[2 * PAGE], 0);
    CHECK_EQ(p[3 * PAGE], 1);
    munmap(p, 4 * PAGE);
}

TEST(memory, advice_dontneed_rereads_file)
{
    int fd = scratch_file("advice", "file");
    char* p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    REQUIRE(p != MAP_FAILED);
    p[0] = 'X';
    CHECK_OK(madvise(p, PAGE, MADV_DONTNEED));
    CHECK_EQ(p[0], 'f');
    munmap(p, PAGE);
    p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    REQUIRE(p != MAP_FAILED);
    p[0] = 'S';
    CHECK_OK(madvise(p, PAGE, MADV_DONTNEED));
    CHECK_EQ(p[0], 'S'); // a shared page is the file's
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, advice_free_may_forget)
{
    char* p = map_pages(1);
    REQUIRE(p);
    p[10] = 1;
    CHECK_OK(madvise(p, PAGE, MADV_FREE));
    CHECK_RANGE(p[10], 0, 1);
    p[10] = 2; // written again: kept
    CHECK_EQ(p[10], 2);
    munmap(p, PAGE);
}

TEST(memory, advice_that_only_hints)
{
    static const int advice[] = {MADV_NORMAL,   MADV_RANDOM,     MADV_SEQUENTIAL, MADV_WILLNEED,
                                 MADV_DONTDUMP, MADV_DODUMP,     MADV_DONTFORK,   MADV_DOFORK,
                                 MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE};
    char* p = map_pages(4);
    REQUIRE(p);
    p[PAGE] = 1;
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (madvise(p, 4 * PAGE, advice[i]) != 0)
            CHECK_EQ(errno, EINVAL); // a kernel without huge pages or KSM says this
    CHECK_EQ(p[PAGE], 1);
    CHECK_OK(madvise(p, 4 * PAGE, MADV_DONTDUMP));
    CHECK_OK(madvise(p, 4 * PAGE, MADV_WILLNEED));
    munmap(p, 4 * PAGE);
}

TEST(memory, advice_refused)
{
    char* p = map_pages(3);
    REQUIRE(p);
    CHECK_ERR(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_ERR(madvise(p, PAGE, 9999), EINVAL);
    CHECK_OK(madvise(p, 0, MADV_DONTNEED));
    CHECK_OK(munmap(p + PAGE, PAGE));
    p[0] = p[2 * PAGE] = 1;
    CHECK_ERR(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
    CHECK_EQ(p[2 * PAGE], 0); // applied on both sides of the hole all the same
    munmap(p, 3 * PAGE);
}

TEST(memory, core_of_anonymous)
{
    unsigned char present[4];
    char* p = map_pages(4);
    REQUIRE(p);
    p[2 * PAGE] = 1;
    CHECK_OK(mincore(p, 4 * PAGE, present));
    CHECK_EQ(present[0] & 1, 0);
    CHECK_EQ(present[2] & 1, 1);
    CHECK_ERR(mincore(p + 1, PAGE, present), EINVAL);
    munmap(p, 4 * PAGE);
    CHECK_ERR(mincore(p, 4 * PAGE, present), ENOMEM);
}

TEST(memory, lock_pages)
{
    unsigned char present[4];
    char* p = map_pages(4);
    REQUIRE(p);
    CHECK_OK(mlock(p, 4 * PAGE));
    CHECK_OK(mincore(p, 4 * PAGE, present));
    CHECK_EQ(present[3] & 1, 1);
    CHECK_OK(munlock(p, 4 * PAGE));
    munmap(p, 4 * PAGE);
    CHECK_ERR(mlock(p, 4 * PAGE), ENOMEM);
}

TEST(memory, big_alignment_blocks)
{
    enum { MIB = 1 << 20 };
    char* p = mmap(NULL, 16 * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    char* aligned = (char*)(((uintptr_t)p + 2 * MIB - 1) & ~(uintptr_t)(2 * MIB - 1));
    madvise(aligned, 8 * MIB, MADV_HUGEPAGE);
    for (int i = 0; i < 8 * MIB; i += PAGE)
        aligned[i] = (char)(i / PAGE);
    CHECK_OK(mprotect(aligned + MIB, PAGE, PROT_READ)); // splits a huge page, if it is one
    CHECK_OK(madvise(aligned + 3 * MIB, PAGE, MADV_DONTNEED));
    CHECK_OK(munmap(aligned + 5 * MIB, PAGE));
    CHECK_EQ(FAULT(aligned[MIB] = 1).code, SEGV_ACCERR);
    CHECK_EQ(aligned[3 * MIB], 0);
    CHECK_EQ(FAULT(aligned[5 * MIB] = 1).code, SEGV_MAPERR);
    for (int i = 0; i < 8 * MIB; i += PAGE)
        if (i != 3 * MIB && i != 5 * MIB && !CHECK_EQ(aligned[i], (char)(i / PAGE)))
            break;
    munmap(p, 16 * MIB);
}
