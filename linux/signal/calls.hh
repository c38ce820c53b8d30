// System calls on signals. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/signal.hh"
#include "linux/abi/time.hh"

namespace linux
{
using mm::user_ptr;

// actions.cc
result<void> sys_rt_sigaction(int signal, user_ptr<const sigaction> action, user_ptr<sigaction> old,
                              size_t set_size);
result<void> sys_rt_sigprocmask(int how, user_ptr<const signal_set> set, user_ptr<signal_set> old,
                                size_t set_size);
result<void> sys_rt_sigpending(user_ptr<signal_set> set, size_t set_size);
result<void> sys_sigaltstack(user_ptr<const stack> wanted, user_ptr<stack> old);
result<u64> sys_rt_sigreturn();

// waiting.cc
result<int> sys_rt_sigtimedwait(user_ptr<const signal_set> set, user_ptr<siginfo> info,
                                user_ptr<const timespec> timeout, size_t set_size);
result<void> sys_rt_sigsuspend(user_ptr<const signal_set> mask, size_t set_size);
result<void> sys_pause();

// kill.cc
result<void> sys_kill(int pid, int signal);
result<void> sys_tkill(int tid, int signal);
result<void> sys_tgkill(int pid, int tid, int signal);
result<void> sys_rt_sigqueueinfo(int pid, int signal, user_ptr<const siginfo> from);
result<void> sys_rt_tgsigqueueinfo(int pid, int tid, int signal, user_ptr<const siginfo> from);
} // namespace linux
