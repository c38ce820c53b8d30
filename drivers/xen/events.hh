// Event channels: how Xen and other domains interrupt us, and we them.
//
// All of them arrive at the boot CPU, by one vector. A port's bit is cleared before its handler runs, so an
// event that comes meanwhile runs it again.
#pragma once

#include "core/base/result.hh"
#include "drivers/xen/abi.hh"

namespace xen::events
{
/// Interrupt context.
using handler = void (*)(void* argument);

/// Thread context, once, after xen::prepare(). Errors: enospc (no vector), Xen's.
result<void> start();

/// Events on a port that exists call handler(argument) from now on, also one that came before. Thread
/// context. Errors: enospc (too many ports), Xen's.
result<void> connect(u32 port, handler h, void* argument);

/// A new port for one of another domain's. Thread context. Errors: as connect().
result<u32> create(domain_id remote, handler h, void* argument);

/// Interrupts the other side. Any context.
void notify(u32 port);
} // namespace xen::events
