// What time it is, from the page that Xen shares with a domain.
#pragma once

#include "core/time/clock.hh"
#include "drivers/xen/abi.hh"

namespace xen
{
/// Nanoseconds since 1970-01-01 UTC.
nanoseconds read_wall_clock(const shared_info& info);

/// Nanoseconds since Xen's start when the TSC is `now`.
u64 uptime_of(const vcpu_time& time, u64 now);
} // namespace xen
