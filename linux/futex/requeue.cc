// FUTEX_REQUEUE, FUTEX_CMP_REQUEUE and FUTEX_WAKE_OP: operations on two words.
#include "core/mm/user_access.hh"
#include "linux/futex/bucket.hh"
#include "linux/futex/operations.hh"
#include "linux/futex/wake_operation.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr int max_count = 0x7fffffff;

/// Moves up to `count` waiters from one key to another. Both buckets are locked.
unsigned move_waiters(futex_bucket& from, const futex_key& from_key, futex_bucket& to,
                      const futex_key& to_key, unsigned count) NO_THREAD_SAFETY_ANALYSIS
{
    unsigned moved = 0;
    for (futex_waiter* w = from.find(from_key); w && moved < count;) {
        futex_waiter* const next = from.find(from_key, w);
        if (!w->wants_ownership && !w->moves_to_pi) {
            from.remove(*w);
            w->key = to_key;
            to.announce();
            to.insert(*w);
            moved++;
        }
        w = next;
    }
    return moved;
}

unsigned wake_locked(futex_bucket& bucket, const futex_key& key, unsigned count) NO_THREAD_SAFETY_ANALYSIS
{
    return bucket.wake_waiters(key, count, futex_bitset_match_any);
}
} // namespace

result<u64> futex_requeue_waiters(const futex_requeue_request& request)
{
    if (request.wake_count > max_count || request.move_count > max_count)
        return fail(errc::einval);
    auto& owner = current_program();
    const auto from_key = TRY(make_futex_key(owner, request.from, request.scope));
    const auto to_key = TRY(make_futex_key(owner, request.to, request.scope));
    auto& from = bucket_of(from_key);
    auto& to = bucket_of(to_key);
    for (;;) {
        {
            const futex_bucket_pair locked{from, to};
            result<u32> value = request.expected;
            if (request.compare)
                value = mm::load_user_u32(request.from);
            if (value) {
                if (*value != request.expected)
                    return fail(errc::eagain);
                const unsigned woken = wake_locked(from, from_key, request.wake_count);
                const unsigned moved =
                    from_key == to_key ? 0 : move_waiters(from, from_key, to, to_key, request.move_count);
                return woken + moved;
            }
        }
        TRY(mm::fault_in(request.from, sizeof(u32), mm::access::read));
    }
}

result<u64> futex_wake_with_operation(virt_addr word, virt_addr second, futex_scope scope, unsigned count,
                                      unsigned second_count, u32 operation)
{
    auto& owner = current_program();
    const auto key = TRY(make_futex_key(owner, word, scope));
    const auto second_key = TRY(make_futex_key(owner, second, scope));
    auto& bucket = bucket_of(key);
    auto& second_bucket = bucket_of(second_key);
    for (;;) {
        {
            const futex_bucket_pair locked{bucket, second_bucket};
            auto value = mm::load_user_u32(second);
            while (value) {
                const auto change = TRY(apply_wake_operation(operation, *value));
                const auto seen = mm::compare_exchange_user_u32(second, *value, change.new_value);
                if (!seen)
                    break;
                if (*seen != *value) {
                    value = *seen;
                    continue;
                }
                unsigned woken = wake_locked(bucket, key, count);
                if (change.wake_second)
                    woken += wake_locked(second_bucket, second_key, second_count);
                return woken;
            }
        }
        TRY(mm::fault_in(second, sizeof(u32), mm::access::write));
    }
}
} // namespace linux
