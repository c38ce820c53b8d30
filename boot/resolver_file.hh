// /etc/resolv.conf, where the image has none or an empty one. An image with a read-only root has a link there
// that leads to /run.
//
// Name servers come from the configuration before the program starts, and from DHCP and routers later; so a
// thread waits for them and writes the file again when they change.
#pragma once

#include "core/base/result.hh"
#include "net/settings.hh"

namespace boot
{
/// Writes the file if something is known; logs in verbose mode if that cannot be done. Thread context.
void write_resolver_file(const net::settings& from);

/// Starts the thread that keeps it up to date. Errors: enomem.
result<void> keep_resolver_file(net::settings& from);
} // namespace boot
