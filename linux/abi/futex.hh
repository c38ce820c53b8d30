// futex operations and the robust list (uapi/linux/futex.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr int futex_wait = 0;
inline constexpr int futex_wake = 1;
inline constexpr int futex_fd = 2;
inline constexpr int futex_requeue = 3;
inline constexpr int futex_cmp_requeue = 4;
inline constexpr int futex_wake_op = 5;
inline constexpr int futex_lock_pi = 6;
inline constexpr int futex_unlock_pi = 7;
inline constexpr int futex_trylock_pi = 8;
inline constexpr int futex_wait_bitset = 9;
inline constexpr int futex_wake_bitset = 10;
inline constexpr int futex_wait_requeue_pi = 11;
inline constexpr int futex_cmp_requeue_pi = 12;
inline constexpr int futex_lock_pi2 = 13;
inline constexpr int futex_private_flag = 128;
inline constexpr int futex_clock_realtime = 256;
inline constexpr int futex_command_mask = ~(futex_private_flag | futex_clock_realtime);

inline constexpr u32 futex_bitset_match_any = ~0u;
inline constexpr u32 futex_waiters = 0x80000000;
inline constexpr u32 futex_owner_died = 0x40000000;
inline constexpr u32 futex_tid_mask = 0x3fffffff;

struct robust_list {
    u64 next;
};
struct robust_list_head {
    u64 first;
    s64 futex_offset;
    u64 pending;
};
static_assert(sizeof(robust_list_head) == 24);
inline constexpr unsigned robust_list_limit = 2048;
} // namespace linux
