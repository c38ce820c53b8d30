// Who gets a signal, and waking him; see send.hh.
#include "linux/signal/send.hh"

#include <algorithm>

#include "linux/task/task.hh"

namespace linux
{
namespace
{
bool accepts(const task& t, int signal)
{
    return !(t.blocked & ~t.awaited & signal_bit(signal));
}

/// Attention first: a thread that wakes up on another CPU with EINTR must not reach the application before it
/// has looked for the signal. It looks under the lock that the caller holds.
void notify(task& t)
{
    t.request_attention();
    t.interrupt();
}

/// The thread that a signal for the whole program disturbs: the first one, if it may, else one that does not
/// already have something to do.
task* choose_receiver(program& owner, int signal) REQUIRES(owner.signals().lock)
{
    task* candidate = nullptr;
    for (auto& entry : owner.tasks_locked()) {
        auto& t = static_cast<task&>(entry);
        if (!accepts(t, signal))
            continue;
        if (!t.interrupt_pending())
            return &t;
        if (!candidate)
            candidate = &t;
    }
    return candidate;
}

/// Stop signals and SIGCONT cancel each other, whether they are then acted on or not.
void cancel_opposites(program& owner, int signal) REQUIRES(owner.signals().lock)
{
    signal_set cancelled = 0;
    if (signal == sigcont)
        cancelled = stop_signals;
    else if (signal_bit(signal) & stop_signals)
        cancelled = signal_bit(sigcont);
    else
        return;
    owner.signals().shared.discard(cancelled);
    for (auto& entry : owner.tasks_locked())
        static_cast<task&>(entry).pending.discard(cancelled);
    if (signal == sigcont && owner.signals().stopped) {
        owner.signals().stopped = false;
        owner.signals().continued.wake_all();
    }
}

/// A blocked signal is kept even if its action ignores it now: the action may change before it is unblocked.
bool has_no_effect(program& owner, task* target, int signal) REQUIRES(owner.signals().lock)
{
    if (!owner.signals().is_ignored(signal))
        return false;
    if (!target && !owner.tasks_locked().empty())
        target = static_cast<task*>(&*owner.tasks_locked().begin());
    return !target || !(target->blocked & signal_bit(signal));
}

/// A heap record for `info`, or null if the limit is reached or memory is short.
queued_signal* make_record(program& owner, const siginfo& info)
{
    auto& count = owner.signals().queued_records;
    const bool from_kernel = info.signal < sigrtmin && info.code >= 0;
    if (!from_kernel && count.load(std::memory_order_relaxed) >= owner.limits().current(rlimit_sigpending))
        return nullptr;
    auto* record = new (std::nothrow) queued_signal;
    if (!record)
        return nullptr;
    count.fetch_add(1, std::memory_order_relaxed);
    record->info = info;
    record->charged_to = &count;
    return record;
}

void wake_receiver(program& owner, task* target, int signal) REQUIRES(owner.signals().lock)
{
    if (task* receiver = target ? target : choose_receiver(owner, signal);
        receiver && accepts(*receiver, signal))
        notify(*receiver);
    // SIGKILL also reaches a stopped program.
    if (signal == sigkill)
        owner.signals().continued.wake_all();
    owner.signals().arrival.wake_all();
}

result<void> send(program& owner, task* target, const siginfo& info)
{
    lock_guard guard{owner.signals().lock};
    cancel_opposites(owner, info.signal);
    if (has_no_effect(owner, target, info.signal))
        return {};
    auto& queue = target ? target->pending : owner.signals().shared;
    if (info.signal < sigrtmin && queue.contains(info.signal))
        return {};
    auto* record = make_record(owner, info);
    if (!record && info.signal >= sigrtmin && info.code != si_user)
        return fail(errc::eagain);
    queue.add(info.signal, record);
    wake_receiver(owner, target, info.signal);
    return {};
}
} // namespace

siginfo sender_info(int signal, s32 code)
{
    siginfo info{};
    info.signal = signal;
    info.code = code;
    info.sender.pid = current_program().pid();
    info.sender.uid = current_task().credentials().user.real;
    return info;
}

siginfo kernel_info(int signal)
{
    siginfo info{};
    info.signal = signal;
    info.code = si_kernel;
    return info;
}

result<void> send_to_task(task& target, const siginfo& info)
{
    return send(target.program(), &target, info);
}

result<void> send_to_program(program& target, const siginfo& info)
{
    return send(target, nullptr, info);
}

void send_timer_signal(program& owner, task* target, queued_signal& record, u64 missed)
{
    constexpr u64 max_overrun = 0x7fffffff; // DELAYTIMER_MAX
    lock_guard guard{owner.signals().lock};
    const int signal = record.info.signal;
    if (record.queue) {
        const u64 sum = static_cast<u64>(record.info.timer.overrun) + missed + 1;
        record.info.timer.overrun = static_cast<s32>(std::min(sum, max_overrun));
        return;
    }
    cancel_opposites(owner, signal);
    if (has_no_effect(owner, target, signal))
        return;
    record.info.timer.overrun = static_cast<s32>(std::min(missed, max_overrun));
    (target ? target->pending : owner.signals().shared).add(signal, &record);
    wake_receiver(owner, target, signal);
}

void cancel_timer_signal(program& owner, queued_signal& record)
{
    lock_guard guard{owner.signals().lock};
    if (record.queue)
        record.queue->remove(record);
}

void raise_in_current(int signal)
{
    // A thread-directed standard signal cannot fail: without memory it counts by its bit.
    (void)send_to_task(current_task(), sender_info(signal, si_user));
}

void force_signal(siginfo info)
{
    auto& self = current_task();
    const int signal = info.signal;
    lock_guard guard{self.program().signals().lock};
    const bool blocked = self.blocked & signal_bit(signal);
    if (blocked || self.program().signals().action(signal).handler == sig_ign) {
        auto action = self.program().signals().action(signal);
        action.handler = sig_dfl;
        self.program().signals().set_action(signal, action);
        self.blocked &= ~signal_bit(signal);
    }
    if (!self.pending.contains(signal))
        self.pending.add(signal, make_record(self.program(), info));
    notify(self);
}

std::optional<siginfo> take_signal(signal_set wanted)
{
    auto& self = current_task();
    lock_guard guard{self.program().signals().lock};
    auto info = self.pending.take(~wanted);
    if (!info)
        info = self.program().signals().shared.take(~wanted);
    return info;
}

bool has_pending_signal(signal_set wanted)
{
    auto& self = current_task();
    lock_guard guard{self.program().signals().lock};
    return (self.pending.set() | self.program().signals().shared.set()) & wanted;
}
} // namespace linux
