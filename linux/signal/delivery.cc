// From a pending signal to a running handler, or to the end; see delivery.hh.
#include "linux/signal/delivery.hh"

#include <cstring>

#include "arch/thread_context.hh"
#include "core/mm/user_access.hh"
#include "linux/signal/alternate_stack.hh"
#include "linux/signal/crash_report.hh"
#include "linux/signal/extended_state_buffer.hh"
#include "linux/signal/frame.hh"
#include "linux/signal/restart_rules.hh"
#include "linux/signal/send.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
constexpr u64 red_zone = 128;
constexpr u64 handler_flags_cleared = 1u << 10 | 1u << 16 | 1u << 8; // DF, RF, TF
constexpr u32 core_dump_flag = 0x80;
} // namespace

void signal_delivery::run()
{
    chosen_signal chosen;
    for (;;) {
        wait_while_stopped();
        if (!take(chosen))
            break;
        if (chosen.action.handler == sig_ign)
            continue;
        if (chosen.action.handler == sig_dfl)
            act_by_default(chosen.info);
        else
            call_handler(chosen);
    }
    apply_restart_rules(_frame, handler_kind::none);
    _self.restore_mask();
}

bool signal_delivery::take(chosen_signal& chosen)
{
    lock_guard guard{_self.program().signals().lock};
    _self.clear_interrupt(); // under the lock, so that it belongs to what is seen here
    auto info = _self.pending.take(_self.blocked);
    if (!info)
        info = _self.program().signals().shared.take(_self.blocked);
    if (!info)
        return false;
    chosen.info = *info;
    chosen.action = _self.program().signals().action(info->signal);
    const bool has_handler = chosen.action.handler > sig_ign;
    if (has_handler && (chosen.action.flags & sa_resethand)) {
        auto reset = chosen.action;
        reset.handler = sig_dfl;
        _self.program().signals().set_action(info->signal, reset);
    }
    return true;
}

void signal_delivery::wait_while_stopped()
{
    auto& owner = _self.program();
    lock_guard guard{owner.signals().lock};
    const auto may_go_on = [&]() NO_THREAD_SAFETY_ANALYSIS { // under the lock, which clang cannot see
        return !owner.signals().stopped || owner.is_ending() || owner.signals().shared.contains(sigkill) ||
               _self.pending.contains(sigkill);
    };
    // Without deadline and not interruptible: it cannot fail.
    (void)wait_until(owner.signals().continued, owner.signals().lock, may_go_on);
}

void signal_delivery::act_by_default(const siginfo& info)
{
    auto& owner = _self.program();
    switch (default_action_of(info.signal)) {
    case default_action::ignore:
    case default_action::resume:
        return;
    case default_action::stop: {
        lock_guard guard{owner.signals().lock};
        owner.signals().stopped = true;
        for (auto& entry : owner.tasks_locked()) {
            static_cast<task&>(entry).request_attention();
            static_cast<task&>(entry).interrupt();
        }
        return;
    }
    case default_action::core:
        report_crash(_self, _frame, info);
        owner.end(static_cast<u32>(info.signal) | core_dump_flag);
    case default_action::terminate:
        report_termination(info);
        owner.end(static_cast<u32>(info.signal));
    }
}

void signal_delivery::call_handler(const chosen_signal& chosen)
{
    apply_restart_rules(_frame,
                        chosen.action.flags & sa_restart ? handler_kind::restarting : handler_kind::plain);
    if (build_frame(chosen)) {
        block_for_handler(chosen);
        return;
    }
    // No room on the stack, or no restorer. A failing SIGSEGV handler would fail for ever.
    if (chosen.info.signal == sigsegv) {
        lock_guard guard{_self.program().signals().lock};
        auto action = _self.program().signals().action(sigsegv);
        action.handler = sig_dfl;
        _self.program().signals().set_action(sigsegv, action);
    }
    force_signal(kernel_info(sigsegv));
}

u64 signal_delivery::handler_stack(const sigaction& action, bool& fresh_alternate) const
{
    const auto& alternate = _self.alternate_stack;
    const u64 sp = _frame.rsp;
    fresh_alternate = (action.flags & sa_onstack) && alternate.size != 0 && !(alternate.flags & ss_disable) &&
                      !is_on_stack(alternate, sp);
    return fresh_alternate ? alternate.base + alternate.size : sp - red_zone;
}

bool signal_delivery::build_frame(const chosen_signal& chosen)
{
    if (!(chosen.action.flags & sa_restorer))
        return false;
    bool fresh_alternate;
    const u64 sp = handler_stack(chosen.action, fresh_alternate);
    const auto place = place_signal_frame(sp, arch::extended_state_size());
    const auto& alternate = _self.alternate_stack;
    // A frame that runs out of the alternate stack at its lower end would overwrite what lies there.
    const bool nested = is_on_stack(alternate, _frame.rsp);
    if ((fresh_alternate || nested) && place.frame.value < alternate.base)
        return false;

    rt_sigframe image{};
    image.return_address = chosen.action.restorer;
    image.context.flags = uc_fp_xstate | uc_sigcontext_ss | uc_strict_restore_ss;
    image.context.stack = alternate;
    store_registers(image.context.context, _frame);
    image.context.context.error_code = _self.last_fault.error_code;
    image.context.context.trap_number = _self.last_fault.trap_number;
    image.context.context.cr2 = _self.last_fault.cr2;
    image.context.mask = _self.mask_for_frame();
    image.context.context.old_mask = image.context.mask;
    image.context.context.fpstate = place.fpstate.value;
    image.info = chosen.info;
    if (!write_extended_state(place.fpstate) || !mm::copy_to_user(place.frame, &image, sizeof image))
        return false;
    enter_handler(chosen, place.frame);
    return true;
}

bool signal_delivery::write_extended_state(virt_addr where)
{
    auto buffer = extended_state_buffer::create();
    if (!buffer)
        return false;
    arch::save_extended_state(buffer->area());
    mark_extended_state(buffer->bytes(), buffer->features());
    return mm::copy_to_user(where, buffer->area(), buffer->bytes().size()).has_value();
}

void signal_delivery::enter_handler(const chosen_signal& chosen, virt_addr frame)
{
    if (_self.alternate_stack.flags & ss_autodisarm)
        _self.alternate_stack = {.base = 0, .flags = ss_disable, .pad0 = 0, .size = 0};
    _frame.rdi = static_cast<u64>(chosen.info.signal);
    _frame.rsi = frame.value + offsetof(rt_sigframe, info);
    _frame.rdx = frame.value + offsetof(rt_sigframe, context);
    _frame.rax = 0;
    _frame.rsp = frame.value;
    _frame.rip = chosen.action.handler;
    _frame.rflags &= ~handler_flags_cleared;
    _frame.vector = arch::trap_frame::exact_return_vector;
}

void signal_delivery::block_for_handler(const chosen_signal& chosen)
{
    lock_guard guard{_self.program().signals().lock};
    _self.forget_saved_mask();
    signal_set blocked = _self.blocked | chosen.action.mask;
    if (!(chosen.action.flags & sa_nodefer))
        blocked |= signal_bit(chosen.info.signal);
    _self.blocked = blocked & ~unblockable_signals;
}

bool return_from_signal(task& self, arch::trap_frame& frame)
{
    const virt_addr place{frame.rsp - sizeof(u64)}; // `ret` took the return address
    rt_sigframe image;
    if (!mm::copy_from_user(&image, place, sizeof image))
        return false;
    if (!load_extended_state(virt_addr(image.context.context.fpstate)))
        return false;
    if (!load_registers(frame, image.context.context))
        return false;
    frame.vector = arch::trap_frame::exact_return_vector; // no call to restart
    self.request_attention();                             // exact registers
    self.set_blocked(image.context.mask);
    // As on Linux a stack that cannot be set is left as it is.
    const auto& stack = image.context.stack;
    if (!is_on_stack(self.alternate_stack, frame.rsp))
        (void)set_alternate_stack(self, stack);
    return true;
}
} // namespace linux
