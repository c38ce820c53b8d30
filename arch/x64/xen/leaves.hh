// What Xen says of a domain in CPUID.
#pragma once

#include "core/base/types.hh"

namespace arch::xen
{
/// The first of Xen's leaves; 0: this is not a domain of Xen's.
u32 first_leaf();

/// In Hz; 0: unknown.
u64 tsc_frequency();
} // namespace arch::xen
