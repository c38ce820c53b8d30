// Waiting on the host: a kernel thread is a host thread, and sleeping is a condition variable.
#include <condition_variable>
#include <mutex>

#include "arch/cpu.hh"
#include "core/sched/fault_count.hh"
#include "core/sync/wait_queue.hh"

namespace
{
// One for the whole process is enough: tests wait rarely, and every sleeper looks at its own flag.
std::mutex sleep_lock;
std::condition_variable sleep_condition;
thread_local char thread_identity alignas(16);
} // namespace

namespace arch
{
sched::thread* current_thread()
{
    return reinterpret_cast<sched::thread*>(&thread_identity);
}
} // namespace arch

namespace sched
{
void yield() {}
void count_fault(fault_kind) {}

waiter::reaction thread_waiter::wake_thread(waiter& w, u32)
{
    auto& self = static_cast<thread_waiter&>(w);
    std::lock_guard guard{sleep_lock};
    self._woken.store(true);
    sleep_condition.notify_all();
    return reaction::taken;
}

result<void> thread_waiter::sleep(const wait_options& options)
{
    (void)_thread;
    std::unique_lock guard{sleep_lock};
    auto woken = [this] { return _woken.load(); };
    if (options.deadline.is_never()) {
        sleep_condition.wait(guard, woken);
        return {};
    }
    const auto delay = options.deadline.monotonic() - timekeeping::now();
    if (!sleep_condition.wait_for(guard, delay, woken))
        return fail(errc::etimedout);
    return {};
}
} // namespace sched
