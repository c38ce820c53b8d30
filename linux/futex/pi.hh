// Handing a PI futex on, for unlocking and for owners that die.
#pragma once

#include "core/base/result.hh"
#include "linux/futex/bucket.hh"

namespace linux
{
/// Gives the word to the first thread that waits for it, or makes it free. `old_value` is what the word
/// holds, `extra` is or'ed to its new value (FUTEX_OWNER_DIED). True if done, false if the word has changed.
/// Errors: efault (nothing was changed; the page is not there now).
result<bool> hand_over(futex_bucket& bucket, const futex_key& key, virt_addr word, u32 old_value, u32 extra)
    REQUIRES(bucket);

/// Gives every PI futex that others wait for and `dead` owns to its next owner.
void release_owned_futexes(task& dead);
} // namespace linux
