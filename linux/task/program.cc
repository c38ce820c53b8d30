// The thread list of a program, and its end; see program.hh.
#include "linux/task/program.hh"

#include "core/log.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/files/fs_context.hh"
#include "linux/task/task.hh"
#include "linux/time/program_timers.hh"
#include "loader/dynamic/link.hh"

namespace linux
{
namespace
{
void ended_without_hook(u32 wait_status)
{
    klog::line("the program ended with status {x}", wait_status);
}

constinit std::atomic<program_end_hook> end_hook{ended_without_hook};
constinit std::atomic<program*> first{nullptr};

// Threads that cannot be interrupted (a device that does not answer) do not keep the machine alive for ever.
constexpr auto patience_at_end = seconds(2);
} // namespace

program::program(program_parts parts)
    : _space(std::move(parts.space)), _descriptors(std::move(parts.descriptors)), _fs(std::move(parts.fs)),
      _linked(std::move(parts.linked)), _addresses(parts.addresses), _start_time(timekeeping::now())
{
}

program::~program() = default;

result<ref_ptr<program>> program::create(program_parts parts)
{
    auto timers = TRY(try_make_unique<program_timers>());
    auto p = ref_ptr<program>::adopt(new (std::nothrow) program(std::move(parts)));
    if (!p)
        return fail(errc::enomem);
    p->_timers = std::move(timers);
    p->_timers->attach(*p);
    p->descriptors().set_limit(p->limits().current(rlimit_nofile));
    program* expected = nullptr;
    if (first.compare_exchange_strong(expected, p.get()))
        p->add_ref();
    return p;
}

result<void> program::add(task& t)
{
    lock_guard guard{signals().lock};
    if (_ending.load(std::memory_order_relaxed))
        return fail(errc::erestartnointr);
    // Ids are handed out in order and come around after four million threads.
    auto place = _tasks.end();
    do {
        t.tid = _next_tid;
        _next_tid = _next_tid == max_tid ? initial_pid + 1 : _next_tid + 1;
        place = _tasks.find(t.tid);
    } while (place != _tasks.end());
    t.add_ref();
    _tasks.insert(_tasks.end(), t);
    _thread_count.fetch_add(1, std::memory_order_relaxed);
    return {};
}

size_t program::remove(task& t)
{
    size_t left;
    WITH_LOCK(signals().lock)
    {
        _tasks.erase(_tasks.iterator_to(t));
        _ended_usage += thread_usage::of(t);
        left = _thread_count.fetch_sub(1, std::memory_order_relaxed) - 1;
    }
    _thread_ended.wake_all();
    t.release(); // the list's reference; the scheduler has its own until the thread is gone
    return left;
}

task* program::find_locked(int tid)
{
    const auto place = _tasks.find(tid);
    return place == _tasks.end() ? nullptr : static_cast<task*>(&*place);
}

ref_ptr<task> program::find(int tid)
{
    lock_guard guard{signals().lock};
    task* t = find_locked(tid);
    return t ? ref_ptr<task>(*t) : nullptr;
}

thread_usage& thread_usage::operator+=(const thread_usage& other)
{
    cpu_time += other.cpu_time;
    voluntary_switches += other.voluntary_switches;
    involuntary_switches += other.involuntary_switches;
    minor_faults += other.minor_faults;
    major_faults += other.major_faults;
    application_ticks += other.application_ticks;
    kernel_ticks += other.kernel_ticks;
    return *this;
}

thread_usage thread_usage::of(const sched::thread& t)
{
    return {.cpu_time = t.cpu_time(),
            .voluntary_switches = t.voluntary_switches(),
            .involuntary_switches = t.involuntary_switches(),
            .minor_faults = t.minor_faults(),
            .major_faults = t.major_faults(),
            .application_ticks = t.application_ticks(),
            .kernel_ticks = t.kernel_ticks()};
}

thread_usage program::usage()
{
    lock_guard guard{signals().lock};
    return usage_locked();
}

cpu_times program::cpu_times()
{
    lock_guard guard{signals().lock};
    const auto used = usage_locked();
    return _division.divide(used.cpu_time, used.application_ticks, used.kernel_ticks);
}

thread_usage program::usage_locked()
{
    thread_usage sum = _ended_usage;
    for (auto& entry : _tasks)
        sum += thread_usage::of(static_cast<task&>(entry));
    return sum;
}

bool program::begin_end()
{
    lock_guard guard{signals().lock};
    if (_ending.exchange(true))
        return false;
    for (auto& entry : _tasks) {
        auto& t = static_cast<task&>(entry);
        t.request_attention();
        t.interrupt();
    }
    signals().continued.wake_all();
    return true;
}

void program::end(u32 wait_status)
{
    auto& self = current_task();
    if (!begin_end())
        self.exit(0);
    // Whoever still runs could write output behind the last byte that the status counts.
    const auto alone = [this] { return thread_count() <= 1; };
    (void)wait_until(_thread_ended, alone, {.deadline = timekeeping::now() + patience_at_end});
    finish(wait_status);
}

void program::end_with_last_thread(u32 wait_status)
{
    (void)begin_end();
    finish(wait_status);
}

void program::finish(u32 wait_status)
{
    timers().stop_all();
    // Files end before the machine does, as they may have something to write out. A thread that did not leave
    // in time may hold any of their locks, and then nobody waits for it.
    if (thread_count() <= 1)
        descriptors().close_all();
    end_hook.load(std::memory_order_relaxed)(wait_status);
    sched::exit_current();
}

void set_program_end_hook(program_end_hook hook)
{
    end_hook.store(hook, std::memory_order_relaxed);
}

program* first_program()
{
    return first.load(std::memory_order_acquire);
}
} // namespace linux
