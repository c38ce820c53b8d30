// All timers of a program: the three interval timers of setitimer(2), and those of timer_create(2) by number.
//
// Locking: `_changes` is held while a timer is made, set or deleted, so that two threads that set one timer
// go one after the other; expiry takes only the timer's own lock.
#pragma once

#include <array>

#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/sync/mutex.hh"
#include "linux/abi/signal.hh"
#include "linux/signal/pending.hh"
#include "linux/time/program_timer.hh"

namespace linux
{
class program;
class task;

/// setitimer's: a plain signal from the kernel.
class interval_timer final : public program_timer
{
  public:
    explicit interval_timer(int signal) : program_timer(clock_reference()), _signal(signal) {}
    void attach(program& owner, clock_kind kind);

  private:
    void expired(u64 missed) override;
    program* _owner = nullptr;
    int _signal;
};

/// timer_create's: a signal of its own that tells which timer and how late.
class posix_timer final : public program_timer
{
  public:
    posix_timer(program& owner, const clock_reference& clock, int number, const sigevent& event,
                ref_ptr<task> target);
    ~posix_timer() override;

    int number() const { return _number; }
    /// What the signal carries; before the timer is armed.
    void set_value(u64 value) { _record.info.timer.value = value; }
    s32 overrun() const { return _record.delivered_overrun.load(std::memory_order_relaxed); }

  private:
    void expired(u64 missed) override;

    program& _owner;
    int _number;
    bool _silent;          // SIGEV_NONE
    ref_ptr<task> _target; // null: the program
    queued_signal _record;
    tree_hook _hook; // program_timers::_changes

    struct number_of {
        using type = int;
        int operator()(const posix_timer& t) const { return t._number; }
    };

  public:
    using set_by_number =
        intrusive::set<posix_timer, intrusive::member_hook<posix_timer, tree_hook, &posix_timer::_hook>,
                       intrusive::key_of_value<number_of>, intrusive::constant_time_size<false>>;
};

class program_timers
{
  public:
    program_timers() = default;
    ~program_timers();

    /// Tells the interval timers whom they serve; once.
    void attach(program& owner);

    /// The timers of ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF. Errors: einval.
    result<timer_setting> set_interval(int which, const timer_setting& setting);
    result<timer_setting> get_interval(int which);

    /// Errors: enomem, eagain if there are too many.
    result<int> create(program& owner, const clock_reference& clock, const sigevent& event,
                       ref_ptr<task> target);
    /// Calls f(posix_timer&) under the lock. Errors: einval if there is none with this number.
    template <class Function>
    result<void> with_timer(int number, Function f) EXCLUDES(_changes)
    {
        lock_guard guard{_changes};
        const auto place = _timers.find(number);
        if (place == _timers.end())
            return fail(errc::einval);
        f(*place);
        return {};
    }
    result<void> remove(int number);

    /// At the program's end.
    void stop_all();

  private:
    mutex _changes{lock_rank::program};
    std::array<interval_timer, 3> _intervals{interval_timer(sigalrm), interval_timer(sigvtalrm),
                                             interval_timer(sigprof)};
    posix_timer::set_by_number _timers GUARDED_BY(_changes);
    int _next_number GUARDED_BY(_changes) = 0;
};
} // namespace linux
