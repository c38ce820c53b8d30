// The program's terminal: the host's keyboard and screen through a line discipline (tty(4), tty_ioctl(4)).
//
// There is one, on the ports of the standard streams, when the configuration says that one of them is a
// terminal. A kernel thread reads the keyboard, so that Ctrl-C works while the program computes. The program
// is alone: it is the session's leader and always in the foreground.
//
// Locking: the discipline and the settings are under one mutex (rank tty), which is never held while output
// waits for the host; echo is best effort.
#pragma once

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/file.hh"
#include "linux/streams/standard_streams.hh"

namespace linux
{
/// A new open file of the terminal that writes to `screen`.
result<ref_ptr<vfs::file>> open_terminal(output_stream& screen);

/// The host's window changed: SIGWINCH.
void set_window_size(u16 rows, u16 columns);

/// Makes /dev/tty and /dev/console known (character devices 5:0 and 5:1).
void register_terminal_devices();
} // namespace linux
