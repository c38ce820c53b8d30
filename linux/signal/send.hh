// Sending signals: to a thread, to a program, and to the running thread because of what it did.
//
// Callable from any context, interrupt handlers included, unless said otherwise; no lock of rank `signal` or
// higher held.
#pragma once

#include "core/base/result.hh"
#include "linux/abi/signal.hh"
#include "linux/signal/pending.hh"

namespace linux
{
class program;
class task;

/// A siginfo for kill(2) and tgkill(2) by the running thread (si_user, si_tkill).
siginfo sender_info(int signal, s32 code);
/// A siginfo that the kernel itself sends (si_kernel).
siginfo kernel_info(int signal);

/// Errors: eagain if a realtime signal cannot be queued (RLIMIT_SIGPENDING, memory).
result<void> send_to_task(task& target, const siginfo& info);
result<void> send_to_program(program& target, const siginfo& info);

/// Queues a timer's own record for an expiry and `missed` more; if it is still queued from before, all of
/// them are overruns. A null `target` means the program.
void send_timer_signal(program& owner, task* target, queued_signal& record, u64 missed);
void cancel_timer_signal(program& owner, queued_signal& record);

/// SIGPIPE and the like to the running thread (si_kernel or si_user as Linux has it).
void raise_in_current(int signal);

/// A signal that the running thread caused and cannot ignore: if it is blocked or ignored it takes its
/// default action.
void force_signal(siginfo info);

/// Takes a signal of `wanted` that waits for the running thread or its program (sigtimedwait, signalfd).
std::optional<siginfo> take_signal(signal_set wanted);
/// Whether there is one.
bool has_pending_signal(signal_set wanted);
} // namespace linux
