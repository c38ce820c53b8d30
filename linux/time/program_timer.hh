// A timer of the program's own making: it expires once or again and again, on any clock, and then sends a
// signal.
//
// The kernel's timer below it is one-shot. When it fires, this one looks at its own clock: if the time has
// not come (a CPU clock that stood still) it arms again; else it sends, counts the intervals that it missed,
// and arms for the next. Settings change under the owner's mutex, which serialises them; what the interrupt
// also touches is under `_lock`.
#pragma once

#include "core/sync/spinlock.hh"
#include "core/time/timer.hh"
#include "linux/abi/time.hh"
#include "linux/time/clocks.hh"

namespace linux
{
struct timer_setting {
    nanoseconds value{0}; // until the next expiry; 0: not armed
    nanoseconds interval{0};
};

class program_timer
{
  public:
    explicit program_timer(const clock_reference& clock) : _hardware(*this), _clock(clock) {}
    virtual ~program_timer() = default;
    program_timer(const program_timer&) = delete;
    program_timer& operator=(const program_timer&) = delete;

    enum class origin : u8 { from_now, absolute };
    /// Returns the old setting.
    timer_setting set(const timer_setting& wanted, origin from) EXCLUDES(_lock);
    timer_setting get() EXCLUDES(_lock);
    void stop() EXCLUDES(_lock);

    void set_clock(const clock_reference& clock) { _clock = clock; }

  protected:
    /// The time has come, once and `missed` times more. In interrupt context, under `_lock`.
    virtual void expired(u64 missed) = 0;

  private:
    struct hardware_timer : timekeeping::timer {
        explicit hardware_timer(program_timer& o) : timer(&fired), owner(o) {}
        static void fired(timekeeping::timer& t) { static_cast<hardware_timer&>(t).owner.look(); }
        program_timer& owner;
    };

    void look() EXCLUDES(_lock);
    timer_setting get_locked() const REQUIRES(_lock);
    nanoseconds now_locked() const REQUIRES(_lock);
    void arm_locked() REQUIRES(_lock);

    spinlock _lock{lock_rank::program_timer};
    hardware_timer _hardware;
    clock_reference _clock; // constant while armed
    bool _armed GUARDED_BY(_lock) = false;
    // Set from now on for the wall clock: it runs by the monotonic one, whatever the other is set to.
    bool _on_monotonic GUARDED_BY(_lock) = false;
    nanoseconds _next GUARDED_BY(_lock){0}; // on _clock, or the monotonic one
    nanoseconds _interval GUARDED_BY(_lock){0};
};
} // namespace linux
