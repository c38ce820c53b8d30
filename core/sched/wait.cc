// How a thread sleeps: thread_waiter (the waiter that wait_until() hangs into queues) and plain sleeping.
#include "core/sched/assert_context.hh"
#include "core/sched/cpu.hh"
#include "core/sync/wait_queue.hh"
#include "core/time/timer.hh"

namespace sched
{
namespace
{
/// Wakes a sleeping thread at its deadline.
class wakeup_timer : public timekeeping::timer
{
  public:
    explicit wakeup_timer(thread& t) : timer(&fire), _thread(t) {}

    void set(instant deadline)
    {
        _rang.store(false, std::memory_order_relaxed);
        arm(deadline);
    }
    bool rang() const { return _rang.load(std::memory_order_acquire); }

  private:
    static void fire(timekeeping::timer& t)
    {
        auto& self = static_cast<wakeup_timer&>(t);
        self._rang.store(true, std::memory_order_release); // it may fire before its thread has blocked
        cpu::wake(self._thread);
    }
    thread& _thread;
    std::atomic<bool> _rang{false};
};

/// Blocks unless `woken` is set, the timer rang or, if it matters, an interrupt is pending.
void block(thread& self, const std::atomic<bool>& woken, const wakeup_timer& timer, bool interruptible)
{
    struct condition {
        thread& self;
        const std::atomic<bool>& woken;
        const wakeup_timer& timer;
        bool interruptible;
    } c{self, woken, timer, interruptible};
    // Runs under the run queue's lock: a waker sets the flag first and then takes that lock to look at the
    // state.
    const auto still_wanted = [](void* argument) {
        const auto& w = *static_cast<condition*>(argument);
        return !w.woken.load(std::memory_order_acquire) && !w.timer.rang() &&
               !(w.interruptible && w.self.interrupt_pending());
    };
    const auto state = arch::irq_save();
    cpu::this_cpu().switch_away(thread_state::blocked, still_wanted, &c);
    arch::irq_restore(state);
}
} // namespace

thread_waiter::thread_waiter() : waiter(&wake_thread), _thread(current()) {}

waiter::reaction thread_waiter::wake_thread(waiter& w, u32)
{
    auto& self = static_cast<thread_waiter&>(w);
    self._woken.store(true, std::memory_order_release);
    cpu::wake(self._thread);
    return reaction::taken;
}

result<void> thread_waiter::sleep(const wait_options& options)
{
    assert_may_block();
    const bool timed = options.deadline != timekeeping::never;
    wakeup_timer timer(_thread);
    if (options.interruptible)
        _thread._interruptible.store(true, std::memory_order_seq_cst);
    result<void> outcome;
    while (!_woken.load(std::memory_order_acquire)) {
        if (options.interruptible && _thread.interrupt_pending()) {
            outcome = fail(errc::eintr);
            break;
        }
        if (timed && timekeeping::now() >= options.deadline) {
            outcome = fail(errc::etimedout);
            break;
        }
        if (timed && !timer.armed())
            timer.set(options.deadline);
        block(_thread, _woken, timer, options.interruptible);
    }
    if (options.interruptible)
        _thread._interruptible.store(false, std::memory_order_relaxed);
    return outcome;
}

result<void> sleep_until(instant deadline, bool interruptible)
{
    thread_waiter self;
    const auto slept = self.sleep({.deadline = deadline, .interruptible = interruptible});
    return !slept && slept.error() == errc::etimedout ? result<void>{} : slept;
}
} // namespace sched
