// How a thread sleeps: thread_waiter (the waiter that wait_until() hangs into queues) and plain sleeping.
#include "core/sched/assert_context.hh"
#include "core/sched/cpu.hh"
#include "core/sync/wait_queue.hh"
#include "core/time/timer.hh"

namespace sched
{
/// Wakes a sleeping thread at its deadline.
class thread_waiter::alarm : public timekeeping::timer
{
  public:
    explicit alarm(thread_waiter& sleeper) : timer(&ring), _sleeper(sleeper) {}

    void set(const timekeeping::deadline& deadline)
    {
        _sleeper._alarm_rang.store(false, std::memory_order_relaxed);
        arm(deadline);
    }

  private:
    static void ring(timekeeping::timer& t)
    {
        auto& sleeper = static_cast<alarm&>(t)._sleeper;
        sleeper._alarm_rang.store(true,
                                  std::memory_order_release); // it may ring before the thread has blocked
        cpu::wake(sleeper._thread, nullptr);
    }
    thread_waiter& _sleeper;
};

waiter::reaction thread_waiter::wake_thread(waiter& w, u32)
{
    auto& self = static_cast<thread_waiter&>(w);
    cpu::wake(self._thread, &self._woken);
    return reaction::taken;
}

void thread_waiter::block()
{
    arch::irq_disable();
    cpu::this_cpu().switch_away(thread_state::blocked, this);
    arch::irq_enable();
}

result<void> thread_waiter::sleep_until_woken()
{
    for (;;) {
        block(); // looks at both by itself
        if (_woken.load(std::memory_order_acquire))
            return {};
        if (_thread.is_interrupted())
            return fail(errc::eintr);
    }
}

/// Not inlined: who sleeps without a deadline needs no stack frame for a timer.
[[gnu::noinline]] result<void> thread_waiter::sleep_until_deadline(const timekeeping::deadline& deadline)
{
    alarm clock(*this);
    while (!_woken.load(std::memory_order_acquire)) {
        if (_thread.is_interrupted())
            return fail(errc::eintr);
        if (deadline.has_passed())
            return fail(errc::etimedout);
        if (!clock.armed())
            clock.set(deadline);
        block();
    }
    return {};
}

result<void> thread_waiter::sleep(const wait_options& options)
{
    assert_may_block();
    if (!options.interruptible)
        return options.deadline.is_never() ? sleep_until_woken() : sleep_until_deadline(options.deadline);
    if (options.deadline.is_never())
        return sleep_interruptibly();
    _thread._interruptible.store(true, std::memory_order_seq_cst);
    const auto outcome = sleep_until_deadline(options.deadline);
    _thread._interruptible.store(false, std::memory_order_relaxed);
    return outcome;
}

result<void> thread_waiter::sleep_interruptibly()
{
    assert_may_block();
    // Before it looks for an interrupt; interrupt() does the reverse.
    _thread._interruptible.store(true, std::memory_order_seq_cst);
    const auto outcome = sleep_until_woken();
    _thread._interruptible.store(false, std::memory_order_relaxed);
    return outcome;
}

result<void> sleep_until(const timekeeping::deadline& deadline, bool interruptible)
{
    thread_waiter self;
    const auto slept = self.sleep({.deadline = deadline, .interruptible = interruptible});
    return !slept && slept.error() == errc::etimedout ? result<void>{} : slept;
}
} // namespace sched
