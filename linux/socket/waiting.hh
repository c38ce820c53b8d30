// How calls on sockets wait: the one place where blocking, time-outs and signals meet (socket(7), signal(7)).
//
// An operation of a socket never blocks; it answers eagain. Who may wait enters the socket's queue and
// sleeps, unless the queue was woken since the operation began: so nothing is missed, whatever made the
// operation possible. A waiter hears of the events it waits for only, and takes a wake-up for one thread
// (wake_one) if it fits.
#pragma once

#include <optional>

#include "core/sync/wait_queue.hh"
#include "net/socket/socket.hh"

namespace linux
{
/// Whether and how long one call waits. All waits of a call share one deadline.
class wait_rule
{
  public:
    static constexpr nanoseconds for_ever{0};

    /// `limit` is SO_RCVTIMEO or SO_SNDTIMEO.
    wait_rule(bool may_wait, nanoseconds limit) : _may_wait(may_wait), _limit(limit) {}

    bool may_wait() const { return _may_wait; }
    bool limited() const { return _limit != for_ever; }
    wait_options options();
    /// What the call returns when its wait ended so: eagain for a time-out; a signal interrupts for good if
    /// there is a limit, because the time that has passed would be forgotten.
    errc outcome(errc how) const;

  private:
    bool _may_wait;
    nanoseconds _limit;
    std::optional<instant> _deadline;
};

/// A thread in a socket's queue.
class event_waiter final : public waiter
{
  public:
    event_waiter(wait_queue& queue, u32 interest)
        : waiter(wake), _queue(queue), _interest(interest | net::event::error | net::event::hang_up)
    {
        _queue.add(*this);
        std::atomic_thread_fence(std::memory_order_seq_cst); // entered before wakes() is read
    }
    ~event_waiter() { _queue.remove(*this); }

    result<void> sleep(const wait_options& options) { return _thread.sleep(options); }
    /// The wake-up that we took was for somebody else too, since we leave without having done anything.
    void pass_on()
    {
        if (!is_queued())
            _queue.wake_one(_interest);
    }

  private:
    static reaction wake(waiter& w, u32 key)
    {
        auto& self = static_cast<event_waiter&>(w);
        if (!(key & self._interest))
            return reaction::passed_on;
        self._thread.wake_directly();
        return reaction::taken;
    }
    wait_queue& _queue;
    const u32 _interest;
    sched::thread_waiter _thread;
};

/// Runs `operation` until it answers something else than eagain, sleeping in between as `rule` allows.
template <class Operation>
auto wait_until_done(wait_queue& queue, u32 interest, wait_rule& rule, Operation operation)
    -> decltype(operation())
{
    for (bool woken = false;; woken = true) {
        const u32 wakes_before = queue.wakes();
        auto answer = operation();
        if (answer || !rule.may_wait()) [[likely]]
            return answer;
        if (answer.error() != errc::eagain) {
            if (woken)
                queue.wake_one(interest); // the news may be good for somebody else
            return answer;
        }
        event_waiter self(queue, interest);
        if (queue.wakes() != wakes_before)
            continue; // there is news since the operation looked
        if (const auto slept = self.sleep(rule.options()); !slept) {
            self.pass_on();
            return fail(rule.outcome(slept.error()));
        }
    }
}
} // namespace linux
