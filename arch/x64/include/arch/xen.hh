// Calls to Xen, for a machine that is one of its domains.
//
// Source: Xen, public/arch-x86/xen-x86_64.h (registers), public/arch-x86/cpuid.h (leaves).
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace arch::xen
{
/// Whether this machine is a domain of Xen's.
bool is_domain();

/// Finds out how this CPU calls Xen. Thread context, once, before call(). Errors: enomem.
result<void> prepare_calls();

/// One hypercall; what its arguments mean is the caller's business. Memory that they point to lies in the
/// kernel's half. Any context. Errors: Xen's, which are Linux's numbers.
result<u64> call(unsigned number, u64 first = 0, u64 second = 0, u64 third = 0);

template <class T>
u64 argument(T* structure)
{
    return reinterpret_cast<u64>(structure);
}
} // namespace arch::xen
