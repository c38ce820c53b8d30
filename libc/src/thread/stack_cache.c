/* Stacks of joined threads, kept for the next ones: their pages are there already. Exactly the size and guard that is asked
 * for, and only small ones, so that little memory lies idle. */
#include <string.h>
#include <sys/mman.h>

#include "lock.h"
#include "pthread_impl.h"

enum { most_stacks = 16, largest_stack = 256 << 10 };

static struct stack {
    unsigned char *base;
    size_t size, guard;
} stacks[most_stacks];
static int count;
static volatile int lock[1];

static unsigned char *take_kept(size_t size, size_t guard)
{
    unsigned char *base = 0;
    LOCK(lock);
    for (int i = count; i-- && !base;)
        if (stacks[i].size == size && stacks[i].guard == guard) {
            base = stacks[i].base;
            stacks[i] = stacks[--count];
        }
    UNLOCK(lock);
    return base;
}

static int keep(const struct stack *stack)
{
    int kept = 0;
    LOCK(lock);
    if (count < most_stacks && stack->size <= largest_stack)
        stacks[count++] = *stack, kept = 1;
    UNLOCK(lock);
    return kept;
}

/* The guard cannot be touched, the last `cleared` bytes are 0. MAP_FAILED: no memory. */
hidden unsigned char *__take_stack(size_t size, size_t guard, size_t cleared)
{
    unsigned char *base = take_kept(size, guard);
    if (base) {
        memset(base + size - cleared, 0, cleared);
        return base;
    }
    base = mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base != MAP_FAILED && mprotect(base + guard, size - guard, PROT_READ | PROT_WRITE)) {
        munmap(base, size);
        base = MAP_FAILED;
    }
    return base;
}

/* Of a thread that has ended. */
hidden void __give_stack(unsigned char *base, size_t size, size_t guard)
{
    if (!guard || !keep(&(struct stack){base, size, guard}))
        munmap(base, size);
}
