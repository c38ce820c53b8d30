// What the store says this domain has: its devices, and the tool stack's wish that it shut down.
#pragma once

#include "core/base/result.hh"
#include "drivers/xen/store.hh"

namespace xen
{
/// Starts each disk and each card. Thread context, once, after start_store().
void start_devices(store& s);

/// `xl shutdown` presses the power button; so does `xl reboot`, and the domain starts anew when the program
/// has ended. Thread context. Errors: the store's.
result<void> watch_shutdown(store& s);

/// Thread context. Errors: enodev (its back end does not come), enomem, the store's.
result<void> start_disk(store& s, u64 number);
result<void> start_card(store& s, u64 number);
} // namespace xen
