// A timer whose function runs as deferred work instead of in the interrupt: with interrupts on, no lock held,
// free to send packets and to call sockets. What has to be done about time in the network is not urgent.
#pragma once

#include "core/sched/deferred_work.hh"
#include "core/time/timer.hh"

namespace net
{
class deferred_timer
{
  public:
    /// Its owner derives from it and finds itself by static_cast.
    using function = void (*)(deferred_timer&);

    explicit deferred_timer(function f) : _function(f) {}

    /// (Re)arms; calls must not overlap. Any context.
    void arm(instant deadline) { _clock.arm(deadline); }
    void arm_after(nanoseconds delay) { arm(timekeeping::after(timekeeping::now(), delay)); }
    /// Arms if it is not armed for an earlier time already.
    void arm_not_later(instant deadline)
    {
        if (!_clock.armed() || deadline < _clock.due())
            arm(deadline);
    }
    void cancel() { _clock.cancel(); }
    bool armed() const { return _clock.armed(); }

  private:
    struct clock : timekeeping::timer {
        explicit clock(deferred_timer& o) : timer(&fire), owner(o) {}
        static void fire(timer& t) { static_cast<clock&>(t).owner._work.raise(); }
        deferred_timer& owner;
    };
    struct work : sched::deferred_work {
        explicit work(deferred_timer& o) : deferred_work(&run), owner(o) {}
        static bool run(deferred_work& w)
        {
            deferred_timer& self = static_cast<work&>(w).owner;
            self._function(self);
            return false;
        }
        deferred_timer& owner;
    };

    const function _function;
    clock _clock{*this};
    work _work{*this};
};

/// One that calls a member function of its owner.
template <class Owner, void (Owner::*Member)()>
class member_timer : public deferred_timer
{
  public:
    explicit member_timer(Owner& owner) : deferred_timer(&fire), _owner(owner) {}

  private:
    static void fire(deferred_timer& t) { (static_cast<member_timer&>(t)._owner.*Member)(); }
    Owner& _owner;
};
} // namespace net
