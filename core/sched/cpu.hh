// One CPU as the scheduler sees it: its run queue, its idle thread, its timers.
//
// Locking: `_lock`, always taken with interrupts off, guards the queue and the states of the threads that
// belong to it. It is held across the switch of stacks and dropped by the thread that continues
// (finish_switch), so that nobody can run a thread whose registers are not saved yet. Two queues are locked
// in the order of CPU numbers.
#pragma once

#include <optional>

#include "arch/smp.hh"
#include "core/base/make_unique.hh"
#include "core/base/result.hh"
#include "core/sched/deferred_queue.hh"
#include "core/sched/run_queue.hh"
#include "core/sched/thread.hh"
#include "core/sync/spinlock.hh"
#include "core/time/timer_queue.hh"

namespace arch
{
struct percpu;
}

namespace sched
{
/// The first thing after a switch, on the new stack: lets others have the previous thread.
void finish_switch();

class cpu
{
  public:
    /// The scheduler's side of CPU `number`, with an idle thread, linked to `block`. Errors: enomem.
    static result<void> create(unsigned number, arch::percpu& block);

    /// The calling CPU's; only after create() for it.
    static cpu& this_cpu() { return *arch::current_scheduler_cpu(); }
    /// Null if that CPU has not joined.
    static cpu* nth(unsigned number);

    unsigned number() const { return _number; }
    thread& idle_thread() { return *_idle; }
    timekeeping::timer_queue& timers() { return _timers; }
    deferred_queue& deferred() { return _deferred; }
    /// CPU time that no thread wanted.
    nanoseconds idle_time() const { return _idle->cpu_time(); }

    /// Makes the calling code this CPU's idle thread; from now on threads are given to this CPU. Interrupts
    /// off.
    void join();
    /// What the idle thread does, after join().
    [[noreturn]] void run_idle_thread();

    /// From an interrupt: looks for something better to run before the application goes on.
    void request_reschedule();

    /// The running thread gives way: as `state` (blocked, dead) or, if it stays ready, only to who deserves
    /// it more. It does not block if the `sleeper` (null: nothing can wake it) need not sleep any more.
    /// Interrupts off.
    void switch_away(thread_state state, const thread_waiter* sleeper);
    void preempt_current();

    /// Queues a thread that is not queued anywhere; from any context, interrupts off.
    static void make_ready(thread& t, run_queue::arrival how) { choose(t, how).admit(t, how); }

    /// Makes a blocked thread ready; from any context, interrupts off. `told` (null: nothing) becomes true
    /// under the lock under which switch_away() asks whether to sleep; neither it nor the thread is touched
    /// after that lock is dropped, so who sees it true need not wait for the waker.
    static void wake(thread& t, std::atomic<bool>* told);

    /// What is to become of a thread's right to CPUs; the rest stays.
    struct change {
        std::optional<cpu_set> affinity{};
        std::optional<scheduling_parameters> parameters{};
        std::optional<u8> inherited_priority{};
    };
    /// Applies it under the lock of the thread's queue. Any context; with another affinity for the running
    /// thread, thread context.
    static void change_entity(thread& t, const change& wanted);

    /// Moves the running thread away if its affinity excludes this CPU; thread context.
    void leave_if_not_allowed();

    /// CPU time of the running thread up to now included.
    static nanoseconds time_of(const thread& t);

  private:
    cpu(unsigned number, ref_ptr<thread> idle);
    friend void finish_switch();
    static void finish_switch_here();
    static void apply_locked(thread& t, const change& wanted);
    static void settle_previous(thread& previous, bool dead);
    static thread& thread_of(entity& e) { return static_cast<thread&>(e); }

    void switch_to_locked(thread& next) REQUIRES(_lock);
    void account_locked() REQUIRES(_lock);
    void arm_slice_locked() REQUIRES(_lock);
    [[gnu::noinline]] void arm_new_slice_locked() REQUIRES(_lock);
    [[gnu::noinline]] void start_ticking_locked() REQUIRES(_lock);
    void enqueue_locked(thread& t, run_queue::arrival how) REQUIRES(_lock);
    void admit(thread& t, run_queue::arrival how) EXCLUDES(_lock);
    void admit_and_unlock(thread& t, run_queue::arrival how) RELEASE(_lock);
    thread& pick_locked() REQUIRES(_lock);
    bool is_idle() const { return _idling.load(std::memory_order_relaxed); }
    /// A thread is ready, or deferred work is.
    bool has_something_to_do() const;
    unsigned load() const { return _load.load(std::memory_order_relaxed) + (is_idle() ? 0 : 1); }
    bool pull_work();
    void push_surplus();
    static bool move_one(cpu& from, cpu& to);
    static cpu& choose(thread& t, run_queue::arrival how)
    {
        return arch::cpu_count() == 1 ? this_cpu() : choose_among_many(t, how);
    }
    [[gnu::noinline]] static cpu& choose_among_many(thread& t, run_queue::arrival how);
    static cpu& lock_home_of(thread& t);
    static void slice_ended(timekeeping::timer& t);
    static void tick(timekeeping::timer& t);

    const unsigned _number;
    spinlock _lock{lock_rank::run_queue};
    run_queue _queue GUARDED_BY(_lock);
    thread* _running GUARDED_BY(_lock) = nullptr;
    thread* _previous = nullptr; // whom the last switch left, for finish_switch
    ref_ptr<thread> _idle;
    std::atomic<bool> _idling{false};
    std::atomic<unsigned> _load{0}; // ready threads, for choosing among CPUs
    timekeeping::timer_queue _timers;
    deferred_queue _deferred;
    timekeeping::timer _slice{slice_ended};
    timekeeping::timer _tick{tick};
};

inline cpu& cpu::lock_home_of(thread& t) NO_THREAD_SAFETY_ANALYSIS
{
    for (;;) {
        cpu* c = t._cpu.load(std::memory_order_acquire);
        c->_lock.lock_irqs_off();
        if (t._cpu.load(std::memory_order_relaxed) == c) [[likely]]
            return *c;
        c->_lock.unlock_irqs_off();
    }
}

inline void cpu::enqueue_locked(thread& t, run_queue::arrival how) NO_THREAD_SAFETY_ANALYSIS
{
    // Virtual runtime is relative to its queue's smallest; the other queue's is read without its lock, for a
    // hint.
    const cpu* home = t._cpu.load(std::memory_order_relaxed);
    if (home && home != this)
        t.virtual_runtime += _queue.minimum_runtime() - home->_queue.minimum_runtime();
    t._cpu.store(this, std::memory_order_release);
    t._state.store(thread_state::ready, std::memory_order_relaxed);
    _queue.add(t, how);
    _load.fetch_add(1, std::memory_order_relaxed);
}
} // namespace sched
