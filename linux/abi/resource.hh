// Resource limits and usage (uapi/asm-generic/resource.h, uapi/linux/resource.h).
#pragma once

#include "core/base/types.hh"
#include "linux/abi/time.hh"

namespace linux
{
struct rlimit {
    u64 current;
    u64 maximum;
};
static_assert(sizeof(rlimit) == 16);

inline constexpr u64 rlim_infinity = ~u64{0};

inline constexpr unsigned rlimit_cpu = 0;
inline constexpr unsigned rlimit_fsize = 1;
inline constexpr unsigned rlimit_data = 2;
inline constexpr unsigned rlimit_stack = 3;
inline constexpr unsigned rlimit_core = 4;
inline constexpr unsigned rlimit_rss = 5;
inline constexpr unsigned rlimit_nproc = 6;
inline constexpr unsigned rlimit_nofile = 7;
inline constexpr unsigned rlimit_memlock = 8;
inline constexpr unsigned rlimit_as = 9;
inline constexpr unsigned rlimit_locks = 10;
inline constexpr unsigned rlimit_sigpending = 11;
inline constexpr unsigned rlimit_msgqueue = 12;
inline constexpr unsigned rlimit_nice = 13;
inline constexpr unsigned rlimit_rtprio = 14;
inline constexpr unsigned rlimit_rttime = 15;
inline constexpr unsigned rlimit_count = 16;

struct rusage {
    timeval user_time;
    timeval system_time;
    s64 max_rss; // KiB
    s64 shared_size, data_size, stack_size;
    s64 minor_faults, major_faults;
    s64 swaps;
    s64 blocks_in, blocks_out;
    s64 messages_sent, messages_received;
    s64 signals;
    s64 voluntary_switches, involuntary_switches;
};
static_assert(sizeof(rusage) == 144);

inline constexpr int rusage_self = 0;
inline constexpr int rusage_children = -1;
inline constexpr int rusage_thread = 1;

inline constexpr int prio_process = 0;
inline constexpr int prio_pgrp = 1;
inline constexpr int prio_user = 2;
} // namespace linux
