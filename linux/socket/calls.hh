// System calls on sockets. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/socket.hh"
#include "linux/abi/time.hh"

namespace linux
{
using mm::user_ptr;

// create.cc
result<int> sys_socket(int family, u32 type, int protocol);
result<void> sys_socketpair(int family, u32 type, int protocol, user_ptr<int> out);

// connect.cc
result<void> sys_bind(int descriptor, virt_addr address, s32 length);
result<void> sys_connect(int descriptor, virt_addr address, s32 length);
result<void> sys_listen(int descriptor, s32 backlog);
result<int> sys_accept(int descriptor, virt_addr address, user_ptr<s32> length);
result<int> sys_accept4(int descriptor, virt_addr address, user_ptr<s32> length, u32 flags);
result<void> sys_getsockname(int descriptor, virt_addr address, user_ptr<s32> length);
result<void> sys_getpeername(int descriptor, virt_addr address, user_ptr<s32> length);
result<void> sys_shutdown(int descriptor, int how);

// send.cc
result<size_t> sys_sendto(int descriptor, virt_addr bytes, size_t count, u32 flags, virt_addr address,
                          s32 length);
result<size_t> sys_sendmsg(int descriptor, user_ptr<const msghdr> message, u32 flags);
result<u32> sys_sendmmsg(int descriptor, user_ptr<mmsghdr> messages, u32 count, u32 flags);

// receive.cc
result<size_t> sys_recvfrom(int descriptor, virt_addr bytes, size_t count, u32 flags, virt_addr address,
                            user_ptr<s32> length);
result<size_t> sys_recvmsg(int descriptor, user_ptr<msghdr> message, u32 flags);
result<u32> sys_recvmmsg(int descriptor, user_ptr<mmsghdr> messages, u32 count, u32 flags,
                         user_ptr<timespec> timeout);

// option_calls.cc
result<void> sys_setsockopt(int descriptor, int level, int name, virt_addr value, s32 length);
result<void> sys_getsockopt(int descriptor, int level, int name, virt_addr value, user_ptr<s32> length);
} // namespace linux
