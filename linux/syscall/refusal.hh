// What a program asked for and did not get: one line per system call and per flag, the first time only.
//
// Each line goes out at once as a `refused` message (docs/boot-protocol.md); whether the user sees it now,
// later or not at all is decided on the host. Callable in thread context.
#pragma once

#include <string_view>

#include "core/base/types.hh"

namespace linux
{
/// A call that no handler serves: "system call 425 (io_uring_setup) is not served".
void note_unserved_call(u64 number);

/// A served call with something that is not supported: "clone: flags 0x4111 are not supported". `what` is a
/// literal; its address and the call's number tell the first time from later ones.
void note_refused(u64 number, std::string_view what, u64 value);

/// Where the text goes, without "kiln: " before it; the log until linux/streams has the control port.
using refusal_sink = void (*)(std::string_view text);
void set_refusal_sink(refusal_sink sink);
} // namespace linux
