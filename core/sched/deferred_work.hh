// Work that an interrupt leaves for later: bounded, may not sleep, but runs with interrupts on.
//
// raise() marks a piece of work on the calling CPU. It runs there soon, at a point where that CPU holds no
// lock: on the way back to the application, or before the CPU idles. What is still to do when a round's time
// is used up goes on in a kernel thread of that CPU (work/N), at the same priority as everybody else, so that
// a flood of packets cannot starve the program.
//
// A piece of work never runs in two places at once:
//
//     idle -raise-> queued -> running -> idle          raise() while it runs: running -> again -> queued
#pragma once

#include <atomic>

#include "core/base/types.hh"

namespace sched
{
class deferred_work
{
  public:
    /// Does some of the work. Returns true if there is more; it then runs again after others had their turn.
    using function = bool (*)(deferred_work&);

    constexpr explicit deferred_work(function f) : _function(f) {}
    deferred_work(const deferred_work&) = delete;
    deferred_work& operator=(const deferred_work&) = delete;

    /// Makes it run on this CPU; harmless if it is to run already (here or elsewhere). If it is running, it
    /// runs once more, where it runs now. Any context.
    void raise();

  private:
    friend class deferred_queue;
    enum class state : u8 { idle, queued, running, again };

    function _function;
    std::atomic<state> _state{state::idle};
    deferred_work* _next = nullptr; // its CPU's list, interrupts off
};

/// Whether this CPU has work to run that no thread has taken over.
bool deferred_work_pending();

/// Runs this CPU's deferred work for a few rounds at most; what is left goes to the CPU's work thread. No
/// lock held, interrupts on. For the way back to the application and the idle loop.
void run_deferred_work();
} // namespace sched
