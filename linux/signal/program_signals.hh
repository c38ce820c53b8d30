// What signals mean to the program as a whole: the actions, what is pending for no thread in particular,
// stopping.
//
// One lock, like Linux's siglock, covers the actions, both kinds of pending queues, the masks of all threads
// and the thread list (linux/task/program.hh): a sender must see all of them together to choose who gets a
// signal.
#pragma once

#include <array>
#include <atomic>

#include "core/sync/spinlock.hh"
#include "core/sync/wait_queue.hh"
#include "linux/abi/signal.hh"
#include "linux/signal/pending.hh"

namespace linux
{
class program_signals
{
  public:
    spinlock lock{lock_rank::signal};

    const sigaction& action(int signal) const REQUIRES(lock) { return _actions[index(signal)]; }
    /// Returns the old one. To discard what is pending for an ignored signal is the caller's part.
    sigaction set_action(int signal, const sigaction& action) REQUIRES(lock);

    /// Whether it would have no effect if it were delivered.
    bool is_ignored(int signal) const REQUIRES(lock);

    pending_signals shared GUARDED_BY(lock);
    std::atomic<size_t> queued_records{0};
    bool stopped GUARDED_BY(lock) = false;

    /// Woken after every signal that came to the program or one of its threads (signalfd, sigtimedwait).
    wait_queue arrival;
    /// Woken when a stopped program goes on.
    wait_queue continued;

  private:
    static size_t index(int signal) { return static_cast<size_t>(signal - 1); }
    std::array<sigaction, signal_count> _actions GUARDED_BY(lock){};
};

enum class default_action : u8 { terminate, core, ignore, stop, resume };
default_action default_action_of(int signal);

inline constexpr signal_set stop_signals =
    signal_bit(sigstop) | signal_bit(sigtstp) | signal_bit(sigttin) | signal_bit(sigttou);
inline constexpr signal_set unblockable_signals = signal_bit(sigkill) | signal_bit(sigstop);
inline constexpr signal_set fault_signals = signal_bit(sigsegv) | signal_bit(sigbus) | signal_bit(sigill) |
                                            signal_bit(sigtrap) | signal_bit(sigfpe) | signal_bit(sigsys);
} // namespace linux
