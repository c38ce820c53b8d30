// The four restart codes; see restart_rules.hh.
#include "linux/signal/restart_rules.hh"

#include "core/base/error.hh"

namespace linux
{
namespace
{
constexpr u64 restart_syscall_number = 219;
constexpr u64 syscall_instruction_length = 2;

void run_again(arch::trap_frame& frame, u64 number)
{
    frame.rax = number;
    frame.rip -= syscall_instruction_length;
}
} // namespace

void apply_restart_rules(arch::trap_frame& frame, handler_kind handler)
{
    if (!frame.from_system_call())
        return;
    const s64 answer = static_cast<s64>(frame.rax);
    if (answer > -static_cast<s64>(errc::erestartsys) ||
        answer < -static_cast<s64>(errc::erestart_restartblock))
        return;
    const auto code = static_cast<errc>(-answer);
    const auto interrupted = static_cast<u64>(-static_cast<s64>(errc::eintr));
    switch (code) {
    case errc::erestartnointr:
        return run_again(frame, frame.error_code);
    case errc::erestartsys:
        if (handler == handler_kind::plain)
            frame.rax = interrupted;
        else
            run_again(frame, frame.error_code);
        return;
    case errc::erestartnohand:
        if (handler != handler_kind::none)
            frame.rax = interrupted;
        else
            run_again(frame, frame.error_code);
        return;
    case errc::erestart_restartblock:
        if (handler != handler_kind::none)
            frame.rax = interrupted;
        else
            run_again(frame, restart_syscall_number);
        return;
    default:
        return;
    }
}
} // namespace linux
