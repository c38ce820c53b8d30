// What the user learns when a signal ends the program: one line, and a report with registers, place and
// backtrace.
//
// The report's lines go to the host as `report` messages (docs/boot-protocol.md), which keeps them in a file.
#pragma once

#include <string_view>

#include "arch/trap_frame.hh"
#include "linux/abi/signal.hh"

namespace linux
{
class task;

/// For signals that would dump core: the line "killed by signal 11 (SIGSEGV) at ADDRESS in FILE+OFFSET" and
/// the report.
void report_crash(task& victim, const arch::trap_frame& frame, const siginfo& info);

/// For the others: a line, except for signals that a user sends on purpose or a closed pipe does.
void report_termination(const siginfo& info);

/// Where report lines go; with kiln.verbose to the log until linux/streams has the control port.
using report_sink = void (*)(std::string_view line);
void set_report_sink(report_sink sink);
} // namespace linux
