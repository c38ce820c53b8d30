// One CPU's armed timers, earliest first, and its hardware timer.
#pragma once

#include "core/sync/spinlock.hh"
#include "core/time/timer.hh"

namespace timekeeping
{
class timer_queue
{
  public:
    timer_queue() = default;
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;

    /// The calling CPU's.
    static timer_queue& this_cpu();

    /// Runs what is due; the timer interrupt's handler.
    void expire();

    void insert(timer& t, const deadline& when);
    /// Takes `t` out if it is armed here. Whether it was still to run.
    bool take_out(timer& t);
    /// The same; waits while its function runs on another CPU.
    bool remove(timer& t);

    /// The wall clock was set: who waits for it is due at another time. On each CPU, interrupts off.
    void follow_wall_clock();
    /// That on all CPUs. Thread context, interrupts on.
    static void all_follow_wall_clock();

  private:
    struct order {
        bool operator()(const timer& a, const timer& b) const { return a._due < b._due; }
    };
    using tree = intrusive::multiset<timer, intrusive::member_hook<timer, tree_hook, &timer::_hook>,
                                     intrusive::compare<order>, intrusive::constant_time_size<false>>;

    bool take_out_locked(timer& t) REQUIRES(_lock);
    void program_locked() REQUIRES(_lock);

    spinlock _lock{lock_rank::timer_queue};
    tree _timers GUARDED_BY(_lock);
    [[maybe_unused]] timer* _running GUARDED_BY(_lock) = nullptr; // not by the host's virtual time
    instant _programmed GUARDED_BY(_lock) = never;
};
} // namespace timekeeping
