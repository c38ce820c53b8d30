// The futex system call, which the C library has no name for.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long futex(int* word, int op, int value, const struct timespec* limit, int* other, int value3)
{
    return syscall(SYS_futex, word, op, value, limit, other, value3);
}

// Those whose fourth argument is a second count.
static inline long futex_count(int* word, int op, int value, long count, int* other, int value3)
{
    return syscall(SYS_futex, word, op, value, count, other, value3);
}
