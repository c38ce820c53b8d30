// The alternate signal stack of a thread (sigaltstack(2)).
#pragma once

#include "core/base/result.hh"
#include "linux/abi/signal.hh"

namespace linux
{
class task;

/// Errors: eperm while the thread runs on it, einval, enomem if it is smaller than MINSIGSTKSZ.
result<void> set_alternate_stack(task& self, const stack& wanted);

/// As sigaltstack reports it for a thread whose stack pointer is `sp`.
stack describe_alternate_stack(const task& self, u64 sp);
} // namespace linux
