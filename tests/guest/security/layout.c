// Address-space layout: printed, so that two runs can be compared; text, stack, heap and libraries apart.
#include "../check.h"
#include "../support.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(security, layout_is_printed)
{
    int here;
    void* heap = malloc(100);
    printf("# layout text %p heap %p stack %p library %p vdso %#lx break %#lx\n", (void*)(uintptr_t)&scratch,
           heap, (void*)&here, (void*)(uintptr_t)&fopen, getauxval(AT_SYSINFO_EHDR), syscall(SYS_brk, 0));
    fflush(stdout);
    CHECK((uintptr_t)&here < UINT64_C(1) << 47);
    CHECK((uintptr_t)&here > (uintptr_t)heap);
    free(heap);
}
