// The arithmetic of FUTEX_WAKE_OP (futex(2)): change a word, and say whether its old value meets a condition.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace linux
{
struct wake_operation {
    u32 new_value;
    bool wake_second; // the waiters of the changed word are woken, too
};

/// `encoded` holds operation, comparison and two signed 12-bit arguments. Errors: enosys for what does not
/// exist.
result<wake_operation> apply_wake_operation(u32 encoded, u32 old_value);
} // namespace linux
