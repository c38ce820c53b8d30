// Names of signals for messages.
#pragma once

#include <string_view>

namespace linux
{
/// "SIGSEGV", or "SIGRTMIN+N" without its number as "realtime".
std::string_view signal_name(int signal);
} // namespace linux
