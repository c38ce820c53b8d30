// Actions, masks, the alternate stack, and the way back from a handler.
#include "linux/signal/alternate_stack.hh"
#include "linux/signal/calls.hh"
#include "linux/signal/delivery.hh"
#include "linux/signal/send.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
result<void> check_set_size(size_t set_size)
{
    if (set_size != sizeof(signal_set))
        return fail(errc::einval);
    return {};
}

/// What was pending for a signal that is now ignored is forgotten (POSIX, sigaction).
void discard_ignored(program& owner, int signal) REQUIRES(owner.signals().lock)
{
    if (!owner.signals().is_ignored(signal))
        return;
    owner.signals().shared.discard(signal_bit(signal));
    for (auto& entry : owner.tasks_locked())
        static_cast<task&>(entry).pending.discard(signal_bit(signal));
}

// Programs pass flags that were sign-extended from 32 bits.
constexpr u64 known_flags = sa_nocldstop | sa_nocldwait | sa_siginfo | sa_expose_tagbits | sa_restorer |
                            sa_onstack | sa_restart | sa_nodefer | sa_resethand;
} // namespace

result<void> sys_rt_sigaction(int signal, user_ptr<const sigaction> action, user_ptr<sigaction> old,
                              size_t set_size)
{
    TRY(check_set_size(set_size));
    sigaction wanted{};
    if (action)
        wanted = TRY(action.read());
    if (!is_valid_signal(signal) || (action && (signal_bit(signal) & unblockable_signals)))
        return fail(errc::einval);
    wanted.flags &= known_flags;

    auto& owner = current_program();
    sigaction previous;
    WITH_LOCK(owner.signals().lock)
    {
        if (action) {
            previous = owner.signals().set_action(signal, wanted);
            discard_ignored(owner, signal);
        } else {
            previous = owner.signals().action(signal);
        }
    }
    if (old)
        TRY(old.write(previous));
    return {};
}

result<void> sys_rt_sigprocmask(int how, user_ptr<const signal_set> set, user_ptr<signal_set> old,
                                size_t set_size)
{
    TRY(check_set_size(set_size));
    auto& self = current_task();
    const signal_set before = self.blocked;
    if (set) {
        const auto given = TRY(set.read());
        switch (how) {
        case sig_block:
            self.set_blocked(before | given);
            break;
        case sig_unblock:
            self.set_blocked(before & ~given);
            break;
        case sig_setmask:
            self.set_blocked(given);
            break;
        default:
            return fail(errc::einval);
        }
    }
    if (old)
        TRY(old.write(before));
    return {};
}

result<void> sys_rt_sigpending(user_ptr<signal_set> set, size_t set_size)
{
    if (set_size > sizeof(signal_set))
        return fail(errc::einval);
    auto& self = current_task();
    signal_set pending;
    WITH_LOCK(self.program().signals().lock)
    {
        pending = (self.pending.set() | self.program().signals().shared.set()) & self.blocked;
    }
    return mm::copy_to_user(set.address(), &pending, set_size);
}

result<void> sys_sigaltstack(user_ptr<const stack> wanted, user_ptr<stack> old)
{
    auto& self = current_task();
    const auto before = describe_alternate_stack(self, self.application_frame().rsp);
    if (wanted) {
        const auto given = TRY(wanted.read());
        TRY(set_alternate_stack(self, given));
    }
    if (old)
        TRY(old.write(before));
    return {};
}

result<u64> sys_rt_sigreturn()
{
    auto& self = current_task();
    auto& frame = self.application_frame();
    if (!return_from_signal(self, frame))
        force_signal(kernel_info(sigsegv));
    return frame.rax; // as the frame has it
}
} // namespace linux
