// Actions of signals; see program_signals.hh and signal(7), "Standard signals".
#include "linux/signal/program_signals.hh"

#include <utility>

namespace linux
{
default_action default_action_of(int signal)
{
    switch (signal) {
    case sigquit:
    case sigill:
    case sigtrap:
    case sigabrt:
    case sigbus:
    case sigfpe:
    case sigsegv:
    case sigxcpu:
    case sigxfsz:
    case sigsys:
        return default_action::core;
    case sigchld:
    case sigurg:
    case sigwinch:
        return default_action::ignore;
    case sigcont:
        return default_action::resume;
    case sigstop:
        return default_action::stop;
    case sigtstp:
    case sigttin:
    case sigttou:
        // The program is alone in its session: its process group is orphaned, and such a group is not stopped
        // from the terminal (POSIX, 2.4.3).
        return default_action::ignore;
    default:
        return default_action::terminate;
    }
}

sigaction program_signals::set_action(int signal, const sigaction& action)
{
    auto& place = _actions[index(signal)];
    const auto old = std::exchange(place, action);
    place.mask &= ~unblockable_signals;
    return old;
}

bool program_signals::is_ignored(int signal) const
{
    const auto handler = action(signal).handler;
    if (handler == sig_ign)
        return true;
    if (handler != sig_dfl)
        return false;
    const auto by_default = default_action_of(signal);
    return by_default == default_action::ignore || by_default == default_action::resume;
}
} // namespace linux
