// FUTEX_WAIT and FUTEX_WAKE: the hot paths. Hash, bucket lock, load without fault, block.
#include <atomic>

#include "core/mm/user_access.hh"
#include "linux/futex/bucket.hh"
#include "linux/futex/operations.hh"
#include "linux/syscall/restart.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
/// Enters if the word is there and has this value. Errors: eagain if it has another one, efault if it is not
/// there now.
inline result<void> try_to_enter(futex_bucket& bucket, futex_waiter& self, virt_addr word, u32 expected)
{
    bucket.announce();
    lock_guard guard{bucket};
    const auto value = mm::load_user_u32(word);
    if (value && *value == expected) [[likely]] {
        bucket.insert(self);
        return {};
    }
    bucket.withdraw();
    return fail(value ? errc::eagain : errc::efault);
}
} // namespace

/// Not inlined: the hot path does not come here.
[[gnu::noinline]] result<void> enter_if_equal(futex_bucket& bucket, futex_waiter& self, virt_addr word,
                                              u32 expected)
{
    for (;;) {
        const auto entered = try_to_enter(bucket, self, word, expected);
        if (entered || entered.error() != errc::efault)
            return entered;
        TRY(mm::fault_in(word, sizeof(u32), mm::access::read));
    }
}

namespace
{
result<u64> resume_wait(restart_block& block)
{
    return futex_wait_on({.word = virt_addr(block.arguments[0]),
                          .scope = static_cast<futex_scope>(block.arguments[1]),
                          .expected = static_cast<u32>(block.arguments[2]),
                          .bits = static_cast<u32>(block.arguments[3]),
                          .deadline = block.deadline});
}

/// A wait without deadline simply begins anew; one with a deadline keeps it.
errc interrupted(task& self, const futex_wait_request& request)
{
    if (request.deadline.is_never())
        return errc::erestartsys;
    self.restart = {
        .deadline = request.deadline,
        .arguments = {request.word.value, static_cast<u64>(request.scope), request.expected, request.bits},
        .resume = resume_wait};
    return errc::erestart_restartblock;
}
} // namespace

result<u64> futex_wait_on(const futex_wait_request& request)
{
    if (request.bits == 0)
        return fail(errc::einval);
    auto& self = current_task();
    const auto key = TRY(make_futex_key(self.program(), request.word, request.scope));
    futex_waiter waiter(self, key, request.bits);
    TRY(enter_if_equal(bucket_of(key), waiter, request.word, request.expected));
    const auto slept = waiter.sleep({.deadline = request.deadline, .interruptible = true});
    if (slept || !leave_bucket(waiter))
        return 0; // woken
    if (slept.error() == errc::eintr)
        return fail(interrupted(self, request));
    return fail(slept.error());
}

result<u64> futex_wait_plainly(virt_addr word, u32 expected)
{
    TRY(check_futex_word(word));
    auto& self = current_task();
    const auto key = private_futex_key(self.program(), word);
    auto& bucket = bucket_of(key);
    futex_waiter waiter(self, key, futex_bitset_match_any);
    if (!try_to_enter(bucket, waiter, word, expected)) [[unlikely]]
        TRY(enter_if_equal(bucket, waiter, word, expected)); // finds out why, and faults the page in
    if (waiter.sleep_interruptibly() || !leave_bucket(waiter)) [[likely]]
        return 0; // woken
    return fail(errc::erestartsys);
}

result<u64> futex_wake_plainly(virt_addr word, unsigned count)
{
    TRY(check_futex_word(word));
    const auto key = private_futex_key(current_program(), word);
    auto& bucket = bucket_of(key);
    std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with futex_bucket::announce()
    if (bucket.is_empty())
        return 0;
    lock_guard guard{bucket};
    futex_waiter* const first = bucket.first();
    if (count != 1 || !first || !first->is_meant(key, futex_bitset_match_any)) [[unlikely]]
        return bucket.wake_waiters(key, count, futex_bitset_match_any);
    bucket.wake(*first);
    return 1;
}

result<u64> futex_wake_up(virt_addr word, futex_scope scope, unsigned count, u32 bits)
{
    if (bits == 0)
        return fail(errc::einval);
    const auto key = TRY(make_futex_key(current_program(), word, scope));
    auto& bucket = bucket_of(key);
    std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with futex_bucket::announce()
    if (bucket.is_empty())
        return 0;
    lock_guard guard{bucket};
    return bucket.wake_waiters(key, count, bits);
}
} // namespace linux
