// FUTEX_REQUEUE, CMP_REQUEUE and WAKE_OP.
#include "../check.h"
#include "../support.h"
#include "futex.h"

enum { PRIVATE = FUTEX_PRIVATE_FLAG };

static int first, second, woken, asleep;

static void* sleep_on_first(void* unused)
{
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(futex(&first, FUTEX_WAIT | PRIVATE, 0, NULL, NULL, 0), 0);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return unused;
}

static void* sleep_on_second(void* unused)
{
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(futex(&second, FUTEX_WAIT | PRIVATE, __atomic_load_n(&second, __ATOMIC_SEQ_CST), NULL, NULL, 0),
             0);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return unused;
}

static void start(pthread_t* threads, int on_first, int on_second)
{
    first = woken = asleep = 0;
    for (int i = 0; i < on_first + on_second; i++)
        threads[i] = start_thread(i < on_first ? sleep_on_first : sleep_on_second, NULL);
    wait_for(&asleep, on_first + on_second);
    let_it_block();
}

static void join(pthread_t* threads, int count)
{
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

TEST(futex, requeue)
{
    pthread_t threads[5];
    second = 0;
    start(threads, 5, 0);
    CHECK_EQ(futex_count(&first, FUTEX_REQUEUE | PRIVATE, 1, 2, &second, 0), 3); // woken and moved
    CHECK(wait_for(&woken, 1));
    CHECK_EQ(futex(&second, FUTEX_WAKE | PRIVATE, 100, NULL, NULL, 0), 2);
    CHECK_EQ(futex(&first, FUTEX_WAKE | PRIVATE, 100, NULL, NULL, 0), 2);
    join(threads, 5);
}

TEST(futex, requeue_compare)
{
    pthread_t threads[4];
    second = 0;
    start(threads, 4, 0);
    CHECK_ERR(futex_count(&first, FUTEX_CMP_REQUEUE | PRIVATE, 1, 100, &second, 7), EAGAIN);
    CHECK_EQ(woken, 0);
    CHECK_EQ(futex_count(&first, FUTEX_CMP_REQUEUE | PRIVATE, 1, 100, &second, 0), 4);
    CHECK(wait_for(&woken, 1));
    CHECK_EQ(futex(&first, FUTEX_WAKE | PRIVATE, 100, NULL, NULL, 0), 0);
    CHECK_EQ(futex(&second, FUTEX_WAKE | PRIVATE, 100, NULL, NULL, 0), 3);
    join(threads, 4);
    CHECK_ERR(futex_count(&first, FUTEX_CMP_REQUEUE | PRIVATE, -1, 1, &second, 0), EINVAL);
}

TEST(futex, requeue_then_time_out)
{
    int word = 0;
    struct timespec t = {0, 1};
    second = 0;
    CHECK_ERR(futex(&word, FUTEX_WAIT | PRIVATE, 0, &t, NULL, 0), ETIMEDOUT);
    CHECK_EQ(futex_count(&word, FUTEX_REQUEUE | PRIVATE, 1, 100, &second, 0), 0); // nobody is left behind
}

TEST(futex, wake_op)
{
    pthread_t threads[4];
    second = 5;
    start(threads, 2, 2);
    // second += 10; wake 1 of first; the old value 5 == 5, so wake 2 of second
    CHECK_EQ(futex_count(&first, FUTEX_WAKE_OP | PRIVATE, 1, 2, &second,
                         FUTEX_OP(FUTEX_OP_ADD, 10, FUTEX_OP_CMP_EQ, 5)),
             3);
    CHECK_EQ(second, 15);
    CHECK(wait_for(&woken, 3));
    // comparison fails: only first is woken
    CHECK_EQ(futex_count(&first, FUTEX_WAKE_OP | PRIVATE, 1, 2, &second,
                         FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_GT, 100)),
             1);
    CHECK_EQ(second, 1);
    join(threads, 4);
}

TEST(futex, wake_op_arithmetic)
{
    static const struct {
        int op, argument, before, after;
    } cases[] = {
        {FUTEX_OP_SET, 9, 5, 9},     {FUTEX_OP_ADD, -1, 5, 4},
        {FUTEX_OP_OR, 8, 5, 13},     {FUTEX_OP_ANDN, 4, 5, 1},
        {FUTEX_OP_XOR, 1, 5, 4},     {FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, 0, 16},
        {FUTEX_OP_ADD, 0x7ff, 1, 0}, // twelve bits, signed: -1
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        first = 0;
        second = cases[i].before;
        CHECK_EQ(futex_count(&first, FUTEX_WAKE_OP | PRIVATE, 1, 1, &second,
                             FUTEX_OP(cases[i].op, (cases[i].argument & 0xfff), FUTEX_OP_CMP_EQ, 0)),
                 0);
        if (i != 6)
            CHECK_EQ(second, cases[i].after);
    }
    CHECK_ERR(futex_count(&first, FUTEX_WAKE_OP | PRIVATE, 1, 1, (int*)8, 0), EFAULT);
}
