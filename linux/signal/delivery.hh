// Acting on signals on the way back to the application: handlers, default actions, restarts.
//
// Runs in the thread itself with interrupts on, from task::before_return(). The application's registers are
// in the frame at the top of the kernel stack; a handler's frame is built on the application's stack and the
// registers are changed so that the return lands in the handler.
#pragma once

#include "arch/trap_frame.hh"
#include "linux/abi/signal.hh"

namespace linux
{
class task;

class signal_delivery
{
  public:
    signal_delivery(task& self, arch::trap_frame& frame) : _self(self), _frame(frame) {}

    /// Acts on everything that is pending and not blocked; may end the program.
    void run();

  private:
    struct chosen_signal {
        siginfo info;
        sigaction action;
    };

    bool take(chosen_signal& chosen);
    void wait_while_stopped();
    void act_by_default(const siginfo& info);
    void call_handler(const chosen_signal& chosen);
    bool build_frame(const chosen_signal& chosen);
    u64 handler_stack(const sigaction& action, bool& fresh_alternate) const;
    bool write_extended_state(virt_addr where);
    void enter_handler(const chosen_signal& chosen, virt_addr frame);
    void block_for_handler(const chosen_signal& chosen);

    task& _self;
    arch::trap_frame& _frame;
};

/// Undoes a signal frame at the application's stack pointer (rt_sigreturn). False: the frame is unusable.
bool return_from_signal(task& self, arch::trap_frame& frame);
} // namespace linux
