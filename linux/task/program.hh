// The program: what all threads of an exec'd file share, and its end.
//
// There is one today, but nothing outside this folder may assume that: what belongs to "the process" is
// reached from the running thread, current_task().program(). It is created by start_program() before its
// first thread runs and lives until the machine ends.
//
// Locking: the thread list and `_exiting` are under signals().lock; the rest is constant, atomic, or locks
// itself.
#pragma once

#include <atomic>
#include <string_view>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/mm/address_space.hh"
#include "core/time/clock.hh"
#include "linux/signal/program_signals.hh"
#include "linux/task/cpu_time.hh"
#include "linux/task/limits.hh"
#include "linux/task/task_list.hh"

namespace linker
{
class linked_program; // loader/dynamic/link.hh
}

namespace linux
{
class descriptor_table; // linux/files/descriptor_table.hh
class fs_context;       // linux/files/fs_context.hh: working directory, root, umask, the executable
class program_timers;   // linux/time/program_timers.hh: POSIX and interval timers

/// Where the program's own strings lie, for /proc.
struct program_addresses {
    virt_addr arguments_start, arguments_end;
    virt_addr environment_start, environment_end;
    virt_addr auxv_start, auxv_end;
    virt_addr stack_start; // the stack pointer at the first instruction
};

/// What a new program is made of.
struct program_parts {
    ref_ptr<mm::address_space> space;
    unique_ptr<descriptor_table> descriptors;
    unique_ptr<fs_context> fs;
    unique_ptr<linker::linked_program> linked;
    program_addresses addresses;
};

/// What threads have used of the machine, for getrusage() and its kin.
struct thread_usage {
    nanoseconds cpu_time{0};
    u64 voluntary_switches = 0;
    u64 involuntary_switches = 0;
    u64 minor_faults = 0;
    u64 major_faults = 0;
    u64 application_ticks = 0;
    u64 kernel_ticks = 0;

    thread_usage& operator+=(const thread_usage& other);
    static thread_usage of(const sched::thread& t);
};

/// Called once, by the last act of the program: `wait_status` as wait4 gives it.
using program_end_hook = void (*)(u32 wait_status);

class program : public ref_counted<program>
{
  public:
    static result<ref_ptr<program>> create(program_parts parts);
    ~program();

    int pid() const { return initial_pid; }

    mm::address_space& address_space() { return *_space; }
    descriptor_table& descriptors() { return *_descriptors; }
    fs_context& fs() { return *_fs; }
    /// What opens libraries for the built-in C library; null for a program with its own.
    linker::linked_program* linked() { return _linked.get(); }
    program_signals& signals() { return _signals; }
    program_timers& timers() { return *_timers; }
    resource_limits& limits() { return _limits; }
    const program_addresses& addresses() const { return _addresses; }
    instant start_time() const { return _start_time; }

    /// Gives the task the next free thread id and enters it in the list, which holds a reference. Errors:
    /// erestartnointr if the program is ending.
    result<void> add(task& t) EXCLUDES(signals().lock);
    /// Takes it out; returns how many are left.
    size_t remove(task& t) EXCLUDES(signals().lock);

    /// The thread with this id, or null.
    ref_ptr<task> find(int tid) EXCLUDES(signals().lock);
    task* find_locked(int tid) REQUIRES(signals().lock);
    task_list& tasks_locked() REQUIRES(signals().lock) { return _tasks; }
    size_t thread_count() const { return _thread_count.load(std::memory_order_relaxed); }

    /// What all threads used, also those that ended.
    thread_usage usage() EXCLUDES(signals().lock);
    nanoseconds cpu_time() { return usage().cpu_time; }
    /// The same time, divided.
    linux::cpu_times cpu_times() EXCLUDES(signals().lock);

    /// Ends the program with this wait status: stops all other threads and calls the hook. The first caller
    /// decides the status; a later one only ends its thread.
    [[noreturn]] void end(u32 wait_status) EXCLUDES(signals().lock);
    /// The same for the last thread, which is no longer in the list.
    [[noreturn]] void end_with_last_thread(u32 wait_status) EXCLUDES(signals().lock);
    bool is_ending() const { return _ending.load(std::memory_order_acquire); }

    static constexpr int initial_pid = 1;
    static constexpr int max_tid = 4194303; // pid_max of a 64-bit Linux, minus one

    // Flags of prctl that belong to the program.
    std::atomic<int> dumpable{1};
    std::atomic<bool> no_new_privileges{false};
    std::atomic<bool> no_huge_pages{false};
    std::atomic<u32> personality{0};

    /// MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
    std::atomic<bool> uses_private_barriers{false};

    /// Set by the first wait for a PI futex: dying threads look for those that they own.
    std::atomic<bool> uses_owned_futexes{false};

  private:
    explicit program(program_parts parts);
    bool begin_end() EXCLUDES(signals().lock);
    [[noreturn]] void finish(u32 wait_status);
    thread_usage usage_locked() REQUIRES(signals().lock);

    ref_ptr<mm::address_space> _space;
    unique_ptr<descriptor_table> _descriptors;
    unique_ptr<fs_context> _fs;
    unique_ptr<linker::linked_program> _linked;
    unique_ptr<program_timers> _timers;
    program_addresses _addresses;
    program_signals _signals;
    resource_limits _limits;
    instant _start_time;
    std::atomic<bool> _ending{false};
    std::atomic<size_t> _thread_count{0};
    wait_queue _thread_ended;

    task_list _tasks GUARDED_BY(signals().lock);
    int _next_tid GUARDED_BY(signals().lock) = initial_pid;
    thread_usage _ended_usage GUARDED_BY(signals().lock);
    cpu_time_division _division GUARDED_BY(signals().lock);
};

/// Sets what happens when a program has ended (linux/streams sends the status and turns the machine off).
void set_program_end_hook(program_end_hook hook);

/// The program that answers for the machine: who gets the host's signals and shows in /proc/PID. Null before
/// start.
program* first_program();
} // namespace linux
