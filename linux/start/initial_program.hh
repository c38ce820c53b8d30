// The last step of start-up: the program that the machine is there for.
#pragma once

namespace linux
{
/// Loads and starts what the configuration names; returns when its first thread has been started. If that
/// cannot be, the user gets one line and the machine ends with status 125, 126 or 127. A kernel thread calls
/// it when the root is mounted.
void start_machine_program();
} // namespace linux
