// The operations of futex(2), each with decoded arguments. Errors are those of the manual page.
#pragma once

#include "core/base/result.hh"
#include "core/time/deadline.hh"
#include "linux/futex/key.hh"

namespace linux
{
class futex_bucket;
struct futex_waiter;

/// What FUTEX_WAIT and the like wait with.
struct futex_wait_request {
    virt_addr word;
    futex_scope scope;
    u32 expected;
    u32 bits;
    timekeeping::deadline deadline{};
};

/// Enters the bucket if the word has this value. Errors: eagain if not, efault.
result<void> enter_if_equal(futex_bucket& bucket, futex_waiter& self, virt_addr word, u32 expected);

result<u64> futex_wait_on(const futex_wait_request& request);
result<u64> futex_wake_up(virt_addr word, futex_scope scope, unsigned count, u32 bits);

/// What nearly every call is: a private word, all bits, no deadline.
result<u64> futex_wait_plainly(virt_addr word, u32 expected);
result<u64> futex_wake_plainly(virt_addr word, unsigned count);

struct futex_requeue_request {
    virt_addr from;
    virt_addr to;
    futex_scope scope;
    unsigned wake_count;
    unsigned move_count;
    bool compare; // FUTEX_CMP_REQUEUE
    u32 expected;
};
result<u64> futex_requeue_waiters(const futex_requeue_request& request);

/// FUTEX_WAKE_OP: `operation` as futex(2) encodes it.
result<u64> futex_wake_with_operation(virt_addr word, virt_addr second, futex_scope scope, unsigned count,
                                      unsigned second_count, u32 operation);

// ---- PI futexes (pi.cc): the word holds its owner's thread id
enum class futex_patience : u8 { wait, try_only };
result<u64> futex_lock_owner(virt_addr word, futex_scope scope, const timekeeping::deadline& deadline,
                             futex_patience patience);
result<u64> futex_unlock_owner(virt_addr word, futex_scope scope);
result<u64> futex_wait_and_lock(const futex_wait_request& request, virt_addr target);
result<u64> futex_requeue_to_owner(const futex_requeue_request& request);
} // namespace linux
