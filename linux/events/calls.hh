// System calls that wait for events of files, and the files that are events: poll, select, epoll, eventfd,
// timerfd, signalfd, inotify.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/epoll.hh"
#include "linux/abi/poll.hh"
#include "linux/abi/signal.hh"
#include "linux/abi/time.hh"

namespace linux
{
using mm::user_ptr;

// poll.cc
result<int> sys_poll(user_ptr<pollfd> entries, u32 count, int milliseconds);
result<int> sys_ppoll(user_ptr<pollfd> entries, u32 count, user_ptr<timespec> timeout,
                      user_ptr<const signal_set> mask, size_t mask_size);
// select.cc
result<int> sys_select(int count, user_ptr<u64> readable, user_ptr<u64> writable, user_ptr<u64> exceptional,
                       user_ptr<timeval> timeout);
result<int> sys_pselect6(int count, user_ptr<u64> readable, user_ptr<u64> writable, user_ptr<u64> exceptional,
                         user_ptr<timespec> timeout, virt_addr mask);

// epoll_calls.cc
result<int> sys_epoll_create(int size);
result<int> sys_epoll_create1(u32 flags);
result<void> sys_epoll_ctl(int descriptor, int operation, int target, user_ptr<const epoll_event> event);
result<int> sys_epoll_wait(int set, user_ptr<epoll_event> events, int count, int milliseconds);
result<int> sys_epoll_pwait(int set, user_ptr<epoll_event> events, int count, int milliseconds,
                            user_ptr<const signal_set> mask, size_t mask_size);
result<int> sys_epoll_pwait2(int set, user_ptr<epoll_event> events, int count,
                             user_ptr<const timespec> timeout, user_ptr<const signal_set> mask,
                             size_t mask_size);

// eventfd.cc
result<int> sys_eventfd(u32 initial);
result<int> sys_eventfd2(u32 initial, u32 flags);

// inotify_file.cc
result<int> sys_inotify_init();
result<int> sys_inotify_init1(u32 flags);
result<int> sys_inotify_add_watch(int descriptor, user_ptr<const char> name, u32 mask);
result<void> sys_inotify_rm_watch(int descriptor, int number);

// timerfd.cc
result<int> sys_timerfd_create(clock_id clock, u32 flags);
result<void> sys_timerfd_settime(int descriptor, u32 flags, user_ptr<const itimerspec> wanted,
                                 user_ptr<itimerspec> old);
result<void> sys_timerfd_gettime(int descriptor, user_ptr<itimerspec> out);

// signalfd.cc
result<int> sys_signalfd(int descriptor, user_ptr<const signal_set> mask, size_t mask_size);
result<int> sys_signalfd4(int descriptor, user_ptr<const signal_set> mask, size_t mask_size, u32 flags);
} // namespace linux
