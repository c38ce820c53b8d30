// The page that Xen shares with this domain, and calls that several drivers need.
#pragma once

#include "core/base/result.hh"
#include "drivers/xen/abi.hh"

namespace xen
{
/// Makes hypercalls possible and maps the shared page. Thread context, once. Errors: enomem, Xen's.
result<void> prepare();

/// After prepare().
shared_info& shared();

/// Errors: Xen's.
result<u64> read_parameter(parameter p);
result<void> write_parameter(parameter p, u64 value);

/// Puts a page of Xen's at a frame of this domain's memory, whose own content is lost. Errors: Xen's.
result<void> map_page(u32 space, u64 index, phys_addr frame);

/// Lets other domains run for a moment.
void yield_cpu();

/// Ends the domain.
[[noreturn]] void shut_down(shutdown_reason why);
} // namespace xen
