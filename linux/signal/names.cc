// See names.hh.
#include "linux/signal/names.hh"

#include <array>
#include <cstddef>

namespace linux
{
std::string_view signal_name(int signal)
{
    static constexpr std::array<std::string_view, 32> names = {
        "none",      "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
        "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
        "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
    const auto index = static_cast<size_t>(signal);
    return index < names.size() ? names[index] : std::string_view{"realtime"};
}
} // namespace linux
