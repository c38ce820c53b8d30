// System calls on memory. Behaviour and errors: the manual page of each.
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"

namespace linux
{
using mm::user_ptr;

// mapping.cc
result<virt_addr> sys_mmap(virt_addr hint, u64 length, u64 rights, u64 flags, int descriptor, u64 offset);
result<void> sys_munmap(virt_addr start, u64 length);
result<void> sys_mprotect(virt_addr start, u64 length, u64 rights);
result<virt_addr> sys_mremap(virt_addr start, u64 old_length, u64 new_length, u64 flags, virt_addr target);
result<virt_addr> sys_brk(virt_addr wanted);
result<int> sys_pkey_alloc(u32 flags, u32 rights);
result<void> sys_pkey_free(int key);
result<void> sys_pkey_mprotect(virt_addr start, u64 length, u64 rights, int key);

// advice.cc
result<void> sys_madvise(virt_addr start, u64 length, int advice);
result<void> sys_msync(virt_addr start, u64 length, int flags);
result<void> sys_mincore(virt_addr start, u64 length, virt_addr pages);
result<void> sys_mlock(virt_addr start, u64 length);
result<void> sys_mlock2(virt_addr start, u64 length, u32 flags);
result<void> sys_munlock(virt_addr start, u64 length);
result<void> sys_mlockall(int flags);
result<void> sys_munlockall();

// policy.cc
result<void> sys_mbind(virt_addr start, u64 length, u32 mode, virt_addr nodes, u64 max_node, u32 flags);
result<void> sys_set_mempolicy(int mode, virt_addr nodes, u64 max_node);
result<void> sys_get_mempolicy(user_ptr<s32> mode, virt_addr nodes, u64 max_node, virt_addr address,
                               u64 flags);

// barrier.cc
result<int> sys_membarrier(int command, u32 flags, int cpu);
} // namespace linux
