// Robust lists: what the kernel does to the words of a thread that dies holding them.
#include "../check.h"
#include "../support.h"
#include "futex.h"

struct node {
    struct robust_list entry;
    int word;
};

static struct node held, waited, pending, other;
static struct robust_list_head head;

static void* die_with_list(void* unused)
{
    int me = (int)syscall(SYS_gettid);
    head.futex_offset = offsetof(struct node, word);
    head.list.next = &held.entry;
    held.entry.next = &waited.entry;
    waited.entry.next = &other.entry;
    other.entry.next = &head.list;
    head.list_op_pending = &pending.entry;
    held.word = me;
    waited.word = me | (int)FUTEX_WAITERS;
    pending.word = me;
    other.word = me + 1; // not ours: left alone
    CHECK_OK(syscall(SYS_set_robust_list, &head, sizeof head));
    return unused;
}

TEST(futex, robust_list_at_death)
{
    pthread_join(start_thread(die_with_list, NULL), NULL);
    // The join is over when the kernel clears the thread's number, which comes after the list.
    CHECK_EQ(held.word, (int)FUTEX_OWNER_DIED);
    CHECK_EQ(waited.word, (int)(FUTEX_OWNER_DIED | FUTEX_WAITERS));
    CHECK_EQ(pending.word, (int)FUTEX_OWNER_DIED);
    CHECK(!(other.word & FUTEX_OWNER_DIED));
}

static int ready;

static void* hold_and_die(void* unused)
{
    int me = (int)syscall(SYS_gettid);
    head = (struct robust_list_head){.futex_offset = offsetof(struct node, word)};
    head.list.next = &held.entry;
    held.entry.next = &head.list;
    held.word = me | (int)FUTEX_WAITERS;
    CHECK_OK(syscall(SYS_set_robust_list, &head, sizeof head));
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    let_it_block();
    return unused;
}

TEST(futex, robust_list_wakes)
{
    ready = 0;
    pthread_t thread = start_thread(hold_and_die, NULL);
    wait_for(&ready, 1);
    int word = held.word;
    if (!(word & (int)FUTEX_OWNER_DIED))
        CHECK_EQ(futex(&held.word, FUTEX_WAIT, word, NULL, NULL, 0), 0);
    CHECK(held.word & (int)FUTEX_OWNER_DIED);
    pthread_join(thread, NULL);
}

static void* die_with_broken_list(void* p)
{
    if (p) {
        head.list.next = &held.entry;
        held.entry.next = &held.entry; // a circle without end
        held.word = 0;
    } else {
        head.list.next = (struct robust_list*)8;
    }
    head.list_op_pending = NULL;
    CHECK_OK(syscall(SYS_set_robust_list, &head, sizeof head));
    return NULL;
}

TEST(futex, robust_list_broken)
{
    pthread_join(start_thread(die_with_broken_list, NULL), NULL);
    pthread_join(start_thread(die_with_broken_list, (void*)1), NULL);
    CHECK_ERR(syscall(SYS_set_robust_list, &head, 8), EINVAL);
}

TEST(futex, robust_list_query)
{
    struct robust_list_head* got = NULL;
    size_t size = 0;
    CHECK_OK(syscall(SYS_get_robust_list, 0, &got, &size));
    CHECK(got != NULL); // the C library registered one
    CHECK_EQ(size, sizeof *got);
}
