// Calls that wait for a signal.
#include "linux/signal/calls.hh"
#include "linux/signal/send.hh"
#include "linux/syscall/restart.hh"
#include "linux/task/task.hh"
#include "linux/time/conversion.hh"

namespace linux
{
namespace
{
/// Marks the running thread as waiting for signals that it blocks, so that senders wake it.
class awaiting_scope
{
  public:
    awaiting_scope(task& self, signal_set wanted) : _self(self) { set(wanted); }
    ~awaiting_scope() { set(0); }
    awaiting_scope(const awaiting_scope&) = delete;
    awaiting_scope& operator=(const awaiting_scope&) = delete;

  private:
    void set(signal_set wanted)
    {
        lock_guard guard{_self.program().signals().lock};
        _self.awaited = wanted;
    }
    task& _self;
};

result<int> wait_for_signal(signal_set wanted, instant deadline, std::optional<siginfo>& taken)
{
    auto& self = current_task();
    const awaiting_scope scope{self, wanted};
    for (;;) {
        taken = take_signal(wanted);
        if (taken)
            return taken->signal;
        const auto slept = sched::sleep_until(deadline, true);
        if (slept)
            return fail(errc::eagain);
        taken = take_signal(wanted);
        if (taken)
            return taken->signal;
        if (self.has_deliverable_signal() || self.program().is_ending())
            return fail(errc::eintr);
        self.clear_interrupt(); // another thread took what we were woken for
    }
}
} // namespace

result<int> sys_rt_sigtimedwait(user_ptr<const signal_set> set, user_ptr<siginfo> info,
                                user_ptr<const timespec> timeout, size_t set_size)
{
    if (set_size != sizeof(signal_set))
        return fail(errc::einval);
    const signal_set wanted = TRY(set.read()) & ~unblockable_signals;
    instant deadline = timekeeping::never;
    if (timeout) {
        const auto given = TRY(timeout.read());
        deadline = timekeeping::after(timekeeping::now(), TRY(to_duration(given)));
    }
    std::optional<siginfo> taken;
    const int signal = TRY(wait_for_signal(wanted, deadline, taken));
    if (info)
        TRY(info.write(*taken));
    return signal;
}

result<void> sys_rt_sigsuspend(user_ptr<const signal_set> mask, size_t set_size)
{
    if (set_size != sizeof(signal_set))
        return fail(errc::einval);
    const auto wanted = TRY(mask.read());
    current_task().set_temporary_mask(wanted);
    return sys_pause();
}

result<void> sys_pause()
{
    const auto slept = sched::sleep_until(timekeeping::never, true);
    return fail(slept ? errc::erestartnohand : restart_unhandled(slept.error()));
}
} // namespace linux
