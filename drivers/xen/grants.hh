// Pages that other domains may use: the grant table, version 1.
//
// What is granted once stays granted: drivers share pages of their own and copy, so that a back end never
// sees anything else, and no grant has to be taken back from one that does not let go.
#pragma once

#include "core/base/result.hh"
#include "drivers/xen/abi.hh"

namespace xen::grants
{
/// Thread context, once, after xen::prepare(). Errors: enomem, Xen's.
result<void> start();

/// Lets a domain read and write a page; its number in the table. Thread context. Errors: enospc (Xen permits
/// no larger table), enomem.
result<u32> share(phys_addr page, domain_id with);
} // namespace xen::grants
