/* pthread_cleanup_push in C programs of glibc: the caller saves its registers, and a cancelled thread jumps there, runs the
 * cleanup and goes on with the next one. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>

#include "pthread_impl.h"

struct unwind_buffer {
    long registers[8]; /* as __sigsetjmp without a mask leaves them */
    int mask_was_saved;
    struct __ptcb entry; /* four words that are the library's */
};

static void jump(void *buffer)
{
    longjmp((struct __jmp_buf_tag *)buffer, 1);
}

void __pthread_register_cancel(struct unwind_buffer *buffer)
{
    _pthread_cleanup_push(&buffer->entry, jump, buffer);
}

void __pthread_unregister_cancel(struct unwind_buffer *buffer)
{
    _pthread_cleanup_pop(&buffer->entry, 0);
}

_Noreturn void __pthread_unwind_next(struct unwind_buffer *buffer)
{
    (void)buffer;
    pthread_exit(__pthread_self()->result);
}
