// Signals that wait for a thread or for the program: a bit per signal, and a queue of what is known of each.
//
// A standard signal (1 to 31) is queued at most once; realtime signals queue in order, lowest number first.
// When the memory for a record is missing, a standard signal still counts by its bit, and is reported as
// SI_USER from nobody. Everything is under the program's signal lock. Source: signal(7), "Queueing and
// delivery semantics".
#pragma once

#include <atomic>
#include <optional>

#include "core/base/intrusive.hh"
#include "linux/abi/signal.hh"

namespace linux
{
class pending_signals;

/// A record in a queue. Ordinary ones live on the heap and count against RLIMIT_SIGPENDING; a POSIX timer has
/// one of its own, which is queued at most once and whose overrun counts while it is.
struct queued_signal {
    siginfo info{};
    std::atomic<size_t>* charged_to = nullptr; // the program's count; null: belongs to a timer
    pending_signals* queue = nullptr;          // where it waits
    std::atomic<s32> delivered_overrun{0};     // of a timer's last delivered signal
    list_hook hook;                            // the program's signal lock

    /// Drops a record that is not queued any more.
    static void release(queued_signal& record);
};

class pending_signals
{
  public:
    pending_signals() = default;
    ~pending_signals() { discard(~signal_set{0}); }
    pending_signals(const pending_signals&) = delete;
    pending_signals& operator=(const pending_signals&) = delete;

    signal_set set() const { return _set; }
    bool contains(int signal) const { return _set & signal_bit(signal); }

    /// `record` may be null for a standard signal.
    void add(int signal, queued_signal* record);

    /// Takes the most urgent signal that is not in `blocked`: faults first, then by number.
    std::optional<siginfo> take(signal_set blocked);

    /// Forgets all signals of the set.
    void discard(signal_set signals);

    /// Takes one certain record out (a timer that is being deleted).
    void remove(queued_signal& record);

  private:
    using list =
        intrusive::list<queued_signal, intrusive::member_hook<queued_signal, list_hook, &queued_signal::hook>,
                        intrusive::constant_time_size<false>>;
    std::optional<siginfo> take_record(int signal);
    bool has_record(int signal) const;

    signal_set _set = 0;
    list _records;
};

/// The signal that is delivered first of a set that is not empty.
int most_urgent(signal_set set);
} // namespace linux
