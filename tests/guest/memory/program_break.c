// brk: the heap's end moves, its pages are zero, and a refusal answers the old end.
#include "../check.h"
#include "../support.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char* raw_brk(void* end)
{
    return (char*)syscall(SYS_brk, end);
}

TEST(memory, break_moves)
{
    char* start = raw_brk(NULL);
    CHECK(start != NULL);
    char* end = raw_brk(start + 10 * PAGE);
    CHECK(end == start + 10 * PAGE);
    CHECK_EQ(end[-1], 0);
    end[-1] = 1;
    CHECK(raw_brk(start) == start);
    CHECK(raw_brk(start + 10 * PAGE) == end);
    CHECK_EQ(end[-1], 0); // given back and taken again: zero
    CHECK(raw_brk(start) == start);
}

TEST(memory, break_refused)
{
    char* start = raw_brk(NULL);
    CHECK(raw_brk((void*)1) == start);
    CHECK(raw_brk((void*)(UINT64_C(1) << 46)) == start);
    CHECK(raw_brk(NULL) == start);
}

TEST(memory, break_stops_at_mapping)
{
    char* start = raw_brk(NULL);
    char* page = (char*)(((uintptr_t)start + 17 * PAGE) & ~(uintptr_t)(PAGE - 1));
    char* p = mmap(page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED)
        return;
    CHECK(raw_brk(start + 40 * PAGE) == start);
    munmap(p, PAGE);
}
