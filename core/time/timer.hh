// A function that runs at a time: one-shot, on the CPU that armed it, in interrupt context.
//
// The kernel is tickless: each CPU programs its hardware for its earliest timer only. The function runs with
// interrupts off and no lock held; it may arm its own timer again and wake threads, not sleep.
#pragma once

#include <atomic>

#include "core/base/intrusive.hh"
#include "core/base/types.hh"
#include "core/time/deadline.hh"

namespace timekeeping
{
class timer_queue;

class timer
{
  public:
    using function = void (*)(timer&);

    explicit timer(function f) : _function(f) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { cancel(); }

    /// (Re)arms for `when`; in the past means as soon as possible. Never calls the function itself and
    /// does not wait for it, so the caller may hold a lock that the function takes; calls for one timer must
    /// not overlap. Returns whether it was still to run for the old deadline.
    bool arm(const timekeeping::deadline& when);

    /// After it returns the function neither runs nor will run (unless the caller is the function itself).
    /// Returns whether it was still to run. Must not be called under a lock that the function takes.
    bool cancel();

    instant due() const { return _due; }
    bool armed() const { return _queue.load(std::memory_order_acquire) != nullptr; }

  private:
    friend class timer_queue;
    function _function;
    deadline _when;
    instant _due{};                            // where that lies; the queue's order
    std::atomic<timer_queue*> _queue{nullptr}; // where it is armed; set under that queue's lock
    timer_queue* _last_queue = nullptr;        // where it was armed last
    tree_hook _hook;                           // the queue's lock
};
} // namespace timekeeping
