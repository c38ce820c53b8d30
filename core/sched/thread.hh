// A thread of control: kernel stack, scheduling state, and what the application's side of it needs at a
// switch.
//
// The Linux interface derives its own class (linux::task) and gets control back through the virtual
// functions: the scheduler knows nothing of signals or system calls.
//
// States (set_state() checks the arrows in debug builds):
//
//     new -> ready <-> running -> blocked -> ready
//                        running -> dead
//
// Locking: `_state`, the entity and the accounting are under the run queue's lock of `_cpu`.
#pragma once

#include <string_view>

#include "arch/cpu.hh"
#include "arch/thread_context.hh"
#include "core/base/intrusive.hh"
#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "core/sched/affinity.hh"
#include "core/sched/assert_context.hh"
#include "core/sched/entity.hh"
#include "core/sched/fault_count.hh"
#include "core/sched/policy.hh"
#include "core/sync/held_ranks.hh"
#include "core/sync/wait_queue.hh"
#include "core/time/clock.hh"

namespace mm
{
class address_space;
}

namespace sched
{
class cpu;

/// The slow way back to the application; entry.S's leave_to_application.
void leave_to_application(arch::trap_frame& frame);

enum class thread_state : u8 { created, ready, running, blocked, dead };

class thread : public ref_counted<thread>, private entity
{
  public:
    /// A kernel thread that runs entry(argument) and dies when it returns. `name` is cut at 15 characters.
    static result<ref_ptr<thread>> create(std::string_view name, void (*entry)(void*), void* argument);

    virtual ~thread();

    /// The idle thread of a CPU; for the scheduler.
    static result<ref_ptr<thread>> create_idle(unsigned cpu_number);

    /// Lets a new thread run.
    void start();

    thread_state state() const { return _state; }
    std::string_view name() const { return _name; }
    void set_name(std::string_view name);

    /// The address space whose lower half this thread sees; null for kernel threads.
    mm::address_space* address_space() const { return _address_space; }

    /// Makes the running thread (`this`) see another lower half from now on, or none; the caller keeps it
    /// alive.
    void set_address_space(mm::address_space* space);

    /// Makes an interruptible wait of this thread end with eintr, now or at its next; callable from any
    /// context.
    void interrupt();
    /// Whether it sleeps, or is about to, so that interrupt() may end that, and interrupt() was called.
    bool is_interrupted() const
    {
        return _interruptible.load(std::memory_order_relaxed) && interrupt_pending();
    }
    bool interrupt_pending() const { return _interrupt_pending.load(std::memory_order_acquire); }
    void clear_interrupt() { _interrupt_pending.store(false, std::memory_order_relaxed); }

    /// Asks for before_return() at this thread's next return to the application, soon.
    void request_attention();

    /// CPU time consumed so far, in the application and in the kernel.
    nanoseconds cpu_time() const;
    u64 voluntary_switches() const { return _voluntary_switches; }
    u64 involuntary_switches() const { return _involuntary_switches; }
    /// Faults on application memory that were served for it, in the application and for calls: without
    /// reading from a device, and with it.
    u64 minor_faults() const { return _minor_faults; }
    u64 major_faults() const { return _major_faults; }
    /// How often the CPU's tick found it in the application and in the kernel: how its time divides.
    u64 application_ticks() const { return _application_ticks; }
    u64 kernel_ticks() const { return _kernel_ticks; }

    cpu_set affinity() const { return entity::affinity; }
    /// Moves the thread if it now runs where it may not. Errors: einval if no present CPU is in the set.
    result<void> set_affinity(const cpu_set& allowed);
    /// The CPU it runs on or ran on last.
    unsigned last_cpu() const;

    /// As it was set for the thread; what it inherits does not show.
    scheduling_parameters scheduling() const { return _own_parameters; }
    void set_scheduling(const scheduling_parameters& parameters);
    /// It runs at least as urgently as with this realtime priority (0: nothing inherited). Any context, no
    /// run queue locked.
    void set_inherited_priority(u8 priority);
    /// The realtime priority that it runs with; 0 if it shares the CPU fairly.
    u8 urgency() const { return entity::parameters.realtime_priority; }

    /// The frame at the top of the kernel stack: the application's registers while the kernel works for it.
    arch::trap_frame& application_frame() { return _context.application_frame(); }
    arch::thread_context& context() { return _context; }

#ifdef KILN_DEBUG
    /// For the check of lock ranks; the thread's own.
    held_ranks& held_sleeping_locks()
    {
        return _held_sleeping_locks;
    }
#endif

  protected:
    /// For derived classes: an application thread that starts at the registers in application_frame().
    thread(std::string_view name, mm::address_space* space);

    /// Gives it a kernel stack; the first function it runs there is the return to the application. Vector
    /// state is the running thread's if `inherit_from` is its context, else the initial one. Errors: enomem.
    result<void> prepare_application_context(const arch::thread_context* inherit_from);

    /// Runs on the way back to the application when attention was requested: signals, preemption of
    /// debuggers. `frame` may be changed. Interrupts are on.
    virtual void before_return(arch::trap_frame& frame);
    friend void leave_to_application(arch::trap_frame& frame);

  private:
    friend class cpu;
    friend class thread_waiter;
    friend void finish_switch();
    friend void count_fault(fault_kind kind);
    friend void bury(thread& dead);
    friend void reap_dead_threads();

    arch::thread_context _context;
    mm::address_space* _address_space = nullptr;
    scheduling_parameters _own_parameters; // the entity's are these, raised to what is inherited
    u8 _inherited_priority = 0;
    std::atomic<thread_state> _state{thread_state::created};
    std::atomic<bool> _interrupt_pending{false};
    std::atomic<bool> _interruptible{false}; // sleeps so that interrupt() may wake it
    bool _migrating = false;                 // blocked only to be queued elsewhere
    std::atomic<cpu*> _cpu{
        nullptr}; // where it is queued, runs or ran last; changes under both run queues' locks
    std::atomic<s64> _cpu_time_ns{0};
    instant _running_since{};
    thread* _next_dead = nullptr;
    u64 _voluntary_switches = 0;
    u64 _involuntary_switches = 0;
    u64 _minor_faults = 0;
    u64 _major_faults = 0;
    u64 _application_ticks = 0;
    u64 _kernel_ticks = 0;
    char _name[16] = {};
#ifdef KILN_DEBUG
    held_ranks _held_sleeping_locks;
#endif
};

/// The thread that executes this.
inline thread& current()
{
    return *arch::current_thread();
}

inline bool thread_waiter::must_sleep() const
{
    return !_woken.load(std::memory_order_acquire) && !_alarm_rang.load(std::memory_order_acquire) &&
           !_thread.is_interrupted();
}

/// Gives up the CPU to another ready thread, if there is one of at least equal right.
void yield();

/// Sleeps until the deadline or, if interruptible, a signal (eintr).
result<void> sleep_until(const timekeeping::deadline& deadline, bool interruptible);

/// Ends the calling thread; its object lives on until the last reference is dropped.
[[noreturn]] void exit_current();
} // namespace sched
