// Sleeping (nanosleep(2), clock_nanosleep(2)) and going on with what a signal interrupted
// (restart_syscall(2)).
#include "linux/syscall/restart.hh"
#include "linux/task/task.hh"
#include "linux/time/calls.hh"
#include "linux/time/clocks.hh"
#include "linux/time/conversion.hh"

namespace linux
{
namespace
{
/// Until the clock shows `time`. Errors: eintr.
result<void> sleep_until_clock(const clock_reference& clock, nanoseconds time)
{
    while (clock.now() < time)
        TRY(sched::sleep_until(clock.earliest(time), true));
    return {};
}

result<void> sleep_relative(instant deadline, user_ptr<timespec> remaining);

result<u64> resume_sleep(restart_block& block)
{
    TRY(sleep_relative(block.deadline.monotonic(), user_ptr<timespec>(block.arguments[0])));
    return 0;
}

/// A relative sleep that a signal interrupts without a handler goes on to the same end.
result<void> sleep_relative(instant deadline, user_ptr<timespec> remaining)
{
    const auto slept = sched::sleep_until(deadline, true);
    if (slept)
        return {};
    const auto left = deadline - timekeeping::now();
    if (left.count() <= 0)
        return {};
    if (remaining)
        TRY(remaining.write(to_timespec(left)));
    current_task().restart = {
        .deadline = deadline, .arguments = {remaining.address().value}, .resume = resume_sleep};
    return fail(errc::erestart_restartblock);
}

/// CPU clocks and relative sleeps on them: a signal ends it for good.
result<void> sleep_on_cpu_clock(const clock_reference& clock, nanoseconds time, bool absolute,
                                user_ptr<timespec> remaining)
{
    const auto end = absolute ? time : saturating_add(clock.now(), time);
    const auto slept = sleep_until_clock(clock, end);
    if (slept)
        return {};
    if (!absolute && remaining)
        TRY(remaining.write(to_timespec(std::max(end - clock.now(), nanoseconds(0)))));
    return fail(absolute ? errc::erestartnohand : errc::eintr);
}
} // namespace

result<void> sys_nanosleep(user_ptr<const timespec> request, user_ptr<timespec> remaining)
{
    const auto given = TRY(request.read());
    const auto time = TRY(to_duration(given));
    return sleep_relative(timekeeping::after(timekeeping::now(), time), remaining);
}

result<void> sys_clock_nanosleep(clock_id id, int flags, user_ptr<const timespec> request,
                                 user_ptr<timespec> remaining)
{
    if (id == clock_thread_cputime)
        return fail(errc::einval);
    const auto clock = TRY(find_timer_clock(id));
    const auto given = TRY(request.read());
    const auto time = TRY(to_duration(given));
    const bool absolute = flags & timer_abstime;
    if (clock.is_cpu_clock()) {
        if (clock.kind == clock_kind::thread_cpu && clock.thread.get() == &current_task())
            return fail(errc::einval); // it would never end
        return sleep_on_cpu_clock(clock, time, absolute, remaining);
    }
    if (!absolute)
        return sleep_relative(timekeeping::after(timekeeping::now(), time), remaining);
    return restart_unhandled(sleep_until_clock(clock, time));
}

result<u64> sys_restart_syscall()
{
    auto& self = current_task();
    auto block = self.restart;
    self.restart = {};
    if (!block.resume)
        return fail(errc::eintr);
    return block.resume(block);
}
} // namespace linux
