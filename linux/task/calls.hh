// System calls on threads, identity and scheduling. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/resource.hh"
#include "linux/abi/sched.hh"
#include "linux/abi/time.hh"
#include "linux/abi/types.hh"

namespace linux
{
using mm::user_ptr;

// clone.cc
result<int> sys_clone(u64 flags, virt_addr stack, user_ptr<s32> parent_tid, user_ptr<s32> child_tid, u64 tls);
result<int> sys_clone3(virt_addr arguments, size_t size);
result<int> sys_fork();
result<int> sys_vfork();

// end.cc
result<void> sys_exit(int code);
result<void> sys_exit_group(int code);
result<int> sys_wait4(int pid, user_ptr<s32> status, int options, user_ptr<rusage> usage);
result<int> sys_waitid(int which, int pid, virt_addr info, int options, user_ptr<rusage> usage);

// identity.cc
result<int> sys_getpid();
result<int> sys_gettid();
result<int> sys_getppid();
result<int> sys_getpgrp();
result<int> sys_getpgid(int pid);
result<int> sys_getsid(int pid);
result<void> sys_setpgid(int pid, int group);
result<int> sys_setsid();
result<int> sys_set_tid_address(virt_addr word);

// users.cc
result<u32> sys_getuid();
result<u32> sys_geteuid();
result<u32> sys_getgid();
result<u32> sys_getegid();
result<void> sys_getresuid(user_ptr<u32> real, user_ptr<u32> effective, user_ptr<u32> saved);
result<void> sys_getresgid(user_ptr<u32> real, user_ptr<u32> effective, user_ptr<u32> saved);
result<void> sys_setuid(u32 id);
result<void> sys_setgid(u32 id);
result<void> sys_setreuid(u32 real, u32 effective);
result<void> sys_setregid(u32 real, u32 effective);
result<void> sys_setresuid(u32 real, u32 effective, u32 saved);
result<void> sys_setresgid(u32 real, u32 effective, u32 saved);
result<u32> sys_setfsuid(u32 id);
result<u32> sys_setfsgid(u32 id);
result<int> sys_getgroups(int capacity, user_ptr<u32> groups);
result<void> sys_setgroups(int count, user_ptr<const u32> groups);

// capabilities.cc
result<void> sys_capget(user_ptr<capability_header> place, user_ptr<capability_data> data);
result<void> sys_capset(user_ptr<capability_header> place, user_ptr<const capability_data> data);

// scheduling.cc
result<void> sys_sched_yield();
result<size_t> sys_sched_getaffinity(int tid, u32 bytes, virt_addr mask);
result<void> sys_sched_setaffinity(int tid, u32 bytes, virt_addr mask);
result<int> sys_sched_getscheduler(int tid);
result<void> sys_sched_setscheduler(int tid, int policy, user_ptr<const sched_param> parameters);
result<void> sys_sched_getparam(int tid, user_ptr<sched_param> parameters);
result<void> sys_sched_setparam(int tid, user_ptr<const sched_param> parameters);
result<void> sys_sched_getattr(int tid, virt_addr attributes, u32 size, u32 flags);
result<void> sys_sched_setattr(int tid, virt_addr attributes, u32 flags);
result<int> sys_sched_get_priority_max(int policy);
result<int> sys_sched_get_priority_min(int policy);
result<void> sys_sched_rr_get_interval(int tid, user_ptr<timespec> interval);
result<int> sys_getpriority(int which, int who);
result<void> sys_setpriority(int which, int who, int nice);
result<void> sys_getcpu(user_ptr<u32> cpu, user_ptr<u32> node);
result<int> sys_ioprio_get(int which, int who);
result<void> sys_ioprio_set(int which, int who, int priority);

// limit_calls.cc
result<void> sys_getrlimit(u32 resource, user_ptr<rlimit> out);
result<void> sys_setrlimit(u32 resource, user_ptr<const rlimit> in);
result<void> sys_prlimit64(int pid, u32 resource, user_ptr<const rlimit> in, user_ptr<rlimit> out);
result<void> sys_getrusage(int who, user_ptr<rusage> out);
} // namespace linux
