// A thread of a program: the scheduler's thread, and what Linux knows of it beside.
//
// Only the thread itself changes its fields, so it reads them without a lock; those that senders of signals
// look at are under the program's signal lock. Source: clone(2), signal(7), set_robust_list(2), prctl(2).
#pragma once

#include "core/sched/thread.hh"
#include "linux/abi/signal.hh"
#include "linux/abi/time.hh"
#include "linux/futex/inheritance.hh"
#include "linux/signal/pending.hh"
#include "linux/task/credentials.hh"
#include "linux/task/program.hh"
#include "linux/task/task_list.hh"

namespace linux
{
/// How restart_syscall() goes on with a sleep that a signal interrupted.
struct restart_block {
    enum class kind : u8 { none, sleep, poll };
    kind what = kind::none;
    timekeeping::deadline deadline{};
    u64 arguments[4] = {}; // the interrupted call's own
    result<u64> (*resume)(restart_block&) = nullptr;
};

/// The last fault of a thread, as sigcontext shows it.
struct fault_record {
    u64 trap_number = 0;
    u64 error_code = 0;
    u64 cr2 = 0;
};

class task : public sched::thread, public task_list_entry, public inheritor
{
  public:
    /// A thread of `owner` that will start at the registers in application_frame(); it is not in the list
    /// yet.
    static result<ref_ptr<task>> create(program& owner, std::string_view name, ref_ptr<credentials> who,
                                        task* creator);
    ~task() override;

    linux::program& program() { return *_program; }
    /// The thread's own view; others take a reference by shared_credentials().
    const linux::credentials& credentials() const { return *_credentials; }
    void set_credentials(ref_ptr<linux::credentials> who);
    ref_ptr<linux::credentials> shared_credentials();

    // ---- signals; the program's signal lock for changes, and for reads by others
    signal_set blocked = 0;
    signal_set awaited = 0; // sigtimedwait: taken although blocked
    pending_signals pending;
    stack alternate_stack{.base = 0, .flags = ss_disable, .pad0 = 0, .size = 0};
    fault_record last_fault;

    /// For calls that wait with another mask (sigsuspend, ppoll, pselect, epoll_pwait): sets the mask until
    /// the call is over; a handler that runs returns to the old one.
    void set_temporary_mask(signal_set mask);
    /// The call is over and no signal came: back to the old mask at once.
    void restore_mask();

    /// Changes the mask for good; what becomes deliverable is delivered at the return to the application.
    void set_blocked(signal_set mask);

    /// The mask that a handler returns to: the one before set_temporary_mask().
    signal_set mask_for_frame() const { return _mask_saved ? _saved_mask : blocked; }
    /// A handler's frame has it now.
    void forget_saved_mask() { _mask_saved = false; }

    /// Whether a signal waits that this thread would act on now.
    bool has_deliverable_signal();

    restart_block restart;

    /// Its CPU time, divided; callable by others.
    linux::cpu_times cpu_times() EXCLUDES(program().signals().lock);

    // ---- futexes
    std::atomic<bool> has_left_futexes{false}; // dying: its PI futexes have been, or are being, handed on

    // ---- death
    virt_addr clear_child_tid{};
    virt_addr robust_list{};
    int exit_code = 0;

    // ---- kept for prctl and friends
    int parent_death_signal = 0;
    u64 timer_slack = 50000;
    bool keep_capabilities = false;
    int memory_policy = 0; // set_mempolicy
    u64 memory_nodes = 0;
    instant start_time{};

    /// Ends this thread, and the program with its last one.
    [[noreturn]] void exit(int code);

  private:
    task(linux::program& owner, std::string_view name, ref_ptr<linux::credentials> who);
    void before_return(arch::trap_frame& frame) override;
    u8 own_priority() const override { return scheduling().realtime_priority; }
    void set_inherited(u8 priority) override { set_inherited_priority(priority); }
    void look_for_signals() REQUIRES(program().signals().lock);

    ref_ptr<linux::program> _program;
    ref_ptr<linux::credentials> _credentials;
    signal_set _saved_mask = 0;
    bool _mask_saved = false;
    cpu_time_division _division; // the program's signal lock
};

/// The application thread that executes this. Only in system calls and traps of the application.
inline task& current_task()
{
    return static_cast<task&>(sched::current());
}
inline program& current_program()
{
    return current_task().program();
}
} // namespace linux
