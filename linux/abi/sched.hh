// clone flags and scheduling structures (uapi/linux/sched.h, sched/types.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
inline constexpr u64 csignal = 0xff;
inline constexpr u64 clone_newtime = 0x80;
inline constexpr u64 clone_vm = 0x100;
inline constexpr u64 clone_fs = 0x200;
inline constexpr u64 clone_files = 0x400;
inline constexpr u64 clone_sighand = 0x800;
inline constexpr u64 clone_pidfd = 0x1000;
inline constexpr u64 clone_ptrace = 0x2000;
inline constexpr u64 clone_vfork = 0x4000;
inline constexpr u64 clone_parent = 0x8000;
inline constexpr u64 clone_thread = 0x10000;
inline constexpr u64 clone_newns = 0x20000;
inline constexpr u64 clone_sysvsem = 0x40000;
inline constexpr u64 clone_settls = 0x80000;
inline constexpr u64 clone_parent_settid = 0x100000;
inline constexpr u64 clone_child_cleartid = 0x200000;
inline constexpr u64 clone_detached = 0x400000;
inline constexpr u64 clone_untraced = 0x800000;
inline constexpr u64 clone_child_settid = 0x1000000;
inline constexpr u64 clone_newcgroup = 0x2000000;
inline constexpr u64 clone_newuts = 0x4000000;
inline constexpr u64 clone_newipc = 0x8000000;
inline constexpr u64 clone_newuser = 0x10000000;
inline constexpr u64 clone_newpid = 0x20000000;
inline constexpr u64 clone_newnet = 0x40000000;
inline constexpr u64 clone_io = 0x80000000;
inline constexpr u64 clone_clear_sighand = 0x100000000;
inline constexpr u64 clone_into_cgroup = 0x200000000;

struct clone_args {
    u64 flags;
    u64 pidfd;
    u64 child_tid;
    u64 parent_tid;
    u64 exit_signal;
    u64 stack;
    u64 stack_size;
    u64 tls;
    u64 set_tid;
    u64 set_tid_size;
    u64 cgroup;
};
static_assert(sizeof(clone_args) == 88);
inline constexpr size_t clone_args_size_ver0 = 64;

struct sched_param {
    s32 priority;
};

struct sched_attr {
    u32 size;
    u32 policy;
    u64 flags;
    s32 nice;
    u32 priority;
    u64 runtime;
    u64 deadline;
    u64 period;
    u32 util_min;
    u32 util_max;
};
static_assert(sizeof(sched_attr) == 56);
inline constexpr size_t sched_attr_size_ver0 = 48;
inline constexpr u64 sched_flag_reset_on_fork = 1;

inline constexpr int sched_deadline = 6;
inline constexpr int sched_reset_on_fork = 0x40000000;
} // namespace linux
