// System calls that belong to no other family. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/types.hh"
#include "loader/dynamic/startup.hh"

namespace linux
{
using mm::user_ptr;

// system.cc
result<void> sys_uname(user_ptr<utsname> out);
result<void> sys_sethostname(user_ptr<const char> name, int length);
result<void> sys_setdomainname(user_ptr<const char> name, int length);
result<void> sys_sysinfo(user_ptr<sysinfo> out);
result<u32> sys_personality(u32 wanted);
result<size_t> sys_getrandom(virt_addr buffer, size_t length, u32 flags);
result<int> sys_syslog(int type, virt_addr buffer, int length);

// prctl.cc
result<int> sys_prctl(int operation, u64 second, u64 third, u64 fourth, u64 fifth);
result<u64> sys_arch_prctl(int operation, u64 argument);

// libraries.cc: Kiln's own, for the built-in C library's dlopen
result<void> sys_kiln_open_library(user_ptr<const linker::startup::open_request> what,
                                   user_ptr<linker::startup::opened> out);
result<void> sys_kiln_undo_open();

// refused.cc: calls that answer with a certain error where a program cannot have what it asks for
result<int> sys_rseq(virt_addr area, u32 size, int flags, u32 signature);
result<int> sys_ptrace(int request, int pid, virt_addr address, virt_addr data);
result<int> sys_seccomp(u32 operation, u32 flags, virt_addr arguments);
} // namespace linux
