// The pieces of deferred work that one CPU has to run, first raised first run.
//
// Only the CPU itself touches its queue, with interrupts off, so there is no lock. Kernel code is not
// preempted, so a round is not interrupted by another round of the same CPU.
#pragma once

#include "core/sched/deferred_work.hh"
#include "core/sync/wait_queue.hh"

namespace sched
{
class thread;

class deferred_queue
{
  public:
    constexpr deferred_queue() = default;
    deferred_queue(const deferred_queue&) = delete;
    deferred_queue& operator=(const deferred_queue&) = delete;

    bool empty() const { return !_first; }

    /// Queues it unless it is queued or running anywhere; whether it did. Any context.
    bool raise(deferred_work& work);

    /// Runs each piece that is queued now once, the first one first. Interrupts on.
    void run_round();

    /// The thread that has taken the queue over, and whether it has it now. Interrupts off.
    thread* worker = nullptr;
    bool worker_has_it = false;
    wait_queue handed_over;

  private:
    void append(deferred_work& work);
    deferred_work* take_first();
    void run(deferred_work& work);

    deferred_work* _first = nullptr;
    deferred_work* _last = nullptr;
};
} // namespace sched
