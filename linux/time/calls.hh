// System calls on clocks, sleeping and timers. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/signal.hh"
#include "linux/abi/time.hh"

namespace linux
{
using mm::user_ptr;

// clock_calls.cc
result<void> sys_clock_gettime(clock_id id, user_ptr<timespec> out);
result<void> sys_clock_settime(clock_id id, user_ptr<const timespec> in);
result<void> sys_clock_getres(clock_id id, user_ptr<timespec> out);
result<void> sys_gettimeofday(user_ptr<timeval> time, user_ptr<timezone> zone);
result<void> sys_settimeofday(user_ptr<const timeval> time, user_ptr<const timezone> zone);
result<s64> sys_time(user_ptr<s64> out);
result<s64> sys_times(user_ptr<tms> out);
result<int> sys_adjtimex(user_ptr<timex> place);
result<int> sys_clock_adjtime(clock_id id, user_ptr<timex> state);

// sleep.cc
result<void> sys_nanosleep(user_ptr<const timespec> request, user_ptr<timespec> remaining);
result<void> sys_clock_nanosleep(clock_id id, int flags, user_ptr<const timespec> request,
                                 user_ptr<timespec> remaining);
result<u64> sys_restart_syscall();

// timer_calls.cc
result<u32> sys_alarm(u32 second_count);
result<void> sys_getitimer(int which, user_ptr<itimerval> out);
result<void> sys_setitimer(int which, user_ptr<const itimerval> in, user_ptr<itimerval> old);
result<void> sys_timer_create(clock_id id, user_ptr<const sigevent> event, user_ptr<s32> number);
result<void> sys_timer_settime(int number, int flags, user_ptr<const itimerspec> in,
                               user_ptr<itimerspec> old);
result<void> sys_timer_gettime(int number, user_ptr<itimerspec> out);
result<int> sys_timer_getoverrun(int number);
result<void> sys_timer_delete(int number);
} // namespace linux
