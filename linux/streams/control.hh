// The control port: lines to and from the host beside the program's own streams (docs/boot-protocol.md).
//
// Lines to the host go through a ring in memory, because a log line may come from any context and a port may
// be written in thread context only; one kernel thread empties it, another listens to the host. Without a
// control port the lines go to the serial port.
#pragma once

#include <string_view>

#include "core/base/result.hh"
#include "core/base/types.hh"

namespace control
{
/// Starts the threads and takes over the log, refusals and crash reports. Once, when devices are being found.
result<void> start();

/// Queues `keyword text`. Any context.
void send(std::string_view keyword, std::string_view text);

/// The program's first instruction is about to run.
void send_entry();

/// Everything that was queued has been taken by the host. Thread context.
void flush();

/// The last act: waits until the host has both output streams, sends the status and turns the machine off.
[[noreturn]] void finish(u32 wait_status);
} // namespace control
