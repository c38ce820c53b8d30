/* pthread_once whose function may end by an exception or by cancellation: then the next caller runs it again.
 *
 * Compiled with -fexceptions (libc/build.sh). What that needs of libgcc_s is weak: a program without libgcc_s has no
 * exceptions. The states are musl's, for its callers that look at them inline: 0 at first, 1 running, 3 running and somebody
 * waits, 2 done. */
#include "pthread_impl.h"

__asm__(".weak __gcc_personality_v0\n"
        ".weak _Unwind_Resume\n");

enum state { idle = 0, running = 1, done = 2, awaited = 3 };

static void set_and_wake(pthread_once_t *control, enum state state)
{
    if (a_swap(control, state) == awaited)
        __wake(control, -1, 1);
}

static void cancelled(void *control)
{
    set_and_wake(control, idle);
}

struct attempt {
    struct __ptcb cancellation;
    pthread_once_t *control;
    enum state end; /* idle unless the function returns */
};

/* Runs also when an exception passes. */
static void finish(struct attempt *attempt)
{
    _pthread_cleanup_pop(&attempt->cancellation, 0);
    set_and_wake(attempt->control, attempt->end);
}

static void run(pthread_once_t *control, void (*function)(void))
{
    __attribute__((cleanup(finish))) struct attempt attempt = {.control = control, .end = idle};
    _pthread_cleanup_push(&attempt.cancellation, cancelled, control);
    function();
    attempt.end = done;
}

hidden int __pthread_once_full(pthread_once_t *control, void (*function)(void))
{
    for (;;)
        switch (a_cas(control, idle, running)) {
        case idle:
            run(control, function);
            return 0;
        case done:
            return 0;
        case running:
            a_cas(control, running, awaited);
            /* fall through */
        default:
            __wait(control, 0, awaited, 1);
        }
}

int __pthread_once(pthread_once_t *control, void (*function)(void))
{
    if (*(volatile int *)control == done) {
        a_barrier();
        return 0;
    }
    return __pthread_once_full(control, function);
}

weak_alias(__pthread_once, pthread_once);
