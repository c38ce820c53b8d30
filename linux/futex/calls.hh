// System calls on futexes. Behaviour and errors: futex(2), set_robust_list(2).
#pragma once

#include "core/base/result.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/futex.hh"
#include "linux/abi/time.hh"

namespace linux
{
using mm::user_ptr;

// calls.cc
result<u64> sys_futex(virt_addr word, int operation, u32 value, u64 timeout, virt_addr second, u32 value3);
result<void> sys_set_robust_list(virt_addr head, size_t size);
result<void> sys_get_robust_list(int tid, user_ptr<u64> head, user_ptr<size_t> size);
} // namespace linux
