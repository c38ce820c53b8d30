// See thread_end.hh. The robust list is the application's own memory and may be anything, also a ring or
// garbage: at most 2048 entries are followed, and the first unreadable one ends it (set_robust_list(2)).
#include "linux/futex/thread_end.hh"

#include "core/mm/user_access.hh"
#include "linux/abi/futex.hh"
#include "linux/futex/bucket.hh"
#include "linux/futex/operations.hh"
#include "linux/futex/pi.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 pi_bit = 1; // in the pointer to an entry

struct robust_entry {
    u64 address;
    bool pi;
};
robust_entry decode(u64 pointer)
{
    return {pointer & ~pi_bit, (pointer & pi_bit) != 0};
}

/// False if another attempt is needed.
result<bool> try_release_word(task& dead, virt_addr word, bool pi, bool pending)
{
    const u32 value = TRY(mm::load_user_u32(word));
    const u32 owner = value & futex_tid_mask;
    // It died between freeing the word and waking the next: the wake-up is done here.
    if (pending && !pi && owner == 0) {
        (void)futex_wake_up(word, futex_scope::shared, 1, futex_bitset_match_any);
        return true;
    }
    if (owner != static_cast<u32>(dead.tid))
        return true;
    if (pi) {
        const auto key = TRY(make_futex_key(dead.program(), word, futex_scope::shared));
        auto& bucket = bucket_of(key);
        TRY(mm::fault_in(word, sizeof(u32), mm::access::write));
        lock_guard guard{bucket};
        return hand_over(bucket, key, word, value, futex_owner_died).value_or(false);
    }
    const u32 wanted = (value & futex_waiters) | futex_owner_died;
    if (TRY(mm::compare_exchange_user_u32(word, value, wanted)) != value)
        return false;
    if (value & futex_waiters)
        (void)futex_wake_up(word, futex_scope::shared, 1, futex_bitset_match_any);
    return true;
}

/// False if the entry cannot be reached.
bool release_word(task& dead, const robust_entry& entry, s64 offset, bool pending)
{
    const virt_addr word{entry.address + static_cast<u64>(offset)};
    if (!is_aligned(word.value, sizeof(u32)))
        return false;
    for (;;) {
        const auto done = try_release_word(dead, word, entry.pi, pending);
        if (!done)
            return false;
        if (*done)
            return true;
    }
}

void walk_robust_list(task& dead)
{
    const auto head = mm::user_ptr<robust_list_head>(dead.robust_list).read();
    if (!head)
        return;
    const auto pending = decode(head->pending);
    auto entry = decode(head->first);
    for (unsigned n = 0; n < robust_list_limit && entry.address != dead.robust_list.value; n++) {
        // The next one is read first: the owner that is woken may unlink this one at once.
        const auto next = mm::user_ptr<u64>(entry.address).read();
        if (entry.address != pending.address && !release_word(dead, entry, head->futex_offset, false))
            break;
        if (!next)
            break;
        entry = decode(*next);
    }
    if (pending.address)
        (void)release_word(dead, pending, head->futex_offset, true);
}
} // namespace

void release_futexes_of_dead_thread(task& dead)
{
    if (dead.robust_list.value)
        walk_robust_list(dead);
    release_owned_futexes(dead);
    const virt_addr word = dead.clear_child_tid;
    if (!word.value || !mm::user_ptr<u32>(word).write(0))
        return;
    (void)futex_wake_up(word, futex_scope::shared, 1, futex_bitset_match_any);
}
} // namespace linux
