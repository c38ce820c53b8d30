// From trap numbers to siginfo; see traps.hh. Source: Intel SDM volume 3, chapter 6; sigaction(2).
#include "linux/signal/traps.hh"

#include <cstring>

#include "arch/application_trap.hh"
#include "arch/thread_context.hh"
#include "core/log.hh"
#include "linux/signal/extended_state_buffer.hh"
#include "linux/signal/send.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
enum trap : u64 {
    divide_error = 0,
    debug = 1,
    breakpoint = 3,
    overflow = 4,
    bound_range = 5,
    invalid_opcode = 6,
    segment_not_present = 11,
    stack_segment = 12,
    general_protection = 13,
    page_fault = 14,
    x87_error = 16,
    alignment_check = 17,
    simd_error = 19,
};

constexpr u64 user_bit = 4;                // page-fault error code: it would be set in ring 3
constexpr u32 killed_by_sigkill = sigkill; // wait status

siginfo make(int signal, s32 code, u64 address)
{
    siginfo info{};
    info.signal = signal;
    info.code = code;
    info.fault.address = address;
    return info;
}

siginfo page_fault_signal(u64 address, mm::fault_result why)
{
    switch (why) {
    case mm::fault_result::access_error:
        return make(sigsegv, segv_accerr, address);
    case mm::fault_result::bus_error:
        return make(sigbus, bus_adrerr, address);
    default:
        return make(sigsegv, segv_maperr, address);
    }
}

/// Exceptions that are pending and not masked, from the thread's saved x87 and SSE state.
u32 pending_floating_point_exceptions(u64 trap_number)
{
    auto buffer = extended_state_buffer::create();
    if (!buffer)
        return 0;
    arch::save_extended_state(buffer->area());
    const auto* area = static_cast<const u8*>(buffer->area());
    if (trap_number == x87_error) {
        u16 control, status;
        memcpy(&control, area, sizeof control);
        memcpy(&status, area + 2, sizeof status);
        return static_cast<u32>(status & ~control & 0x3f);
    }
    u32 mxcsr;
    memcpy(&mxcsr, area + 24, sizeof mxcsr);
    return mxcsr & ~(mxcsr >> 7) & 0x3f;
}

void handle_trap(arch::trap_frame& frame, u64 address, mm::fault_result why)
{
    auto& self = current_task();
    const u64 number = frame.vector;
    if (number == page_fault && why == mm::fault_result::out_of_memory) {
        // The reason was logged where memory ran out; like the OOM killer's victim the program cannot react.
        self.program().end(killed_by_sigkill);
    }
    self.last_fault.trap_number = number;
    self.last_fault.error_code = number == page_fault ? frame.error_code | user_bit : frame.error_code;
    if (number == page_fault)
        self.last_fault.cr2 = address;
    const bool floating_point = number == x87_error || number == simd_error;
    force_signal(
        trap_signal(frame, address, why, floating_point ? pending_floating_point_exceptions(number) : 0));
}
} // namespace

s32 floating_point_code(u32 exceptions)
{
    if (exceptions & 1)
        return fpe_fltinv;
    if (exceptions & 4)
        return fpe_fltdiv;
    if (exceptions & 8)
        return fpe_fltovf;
    if (exceptions & (2 | 16))
        return fpe_fltund;
    if (exceptions & 32)
        return fpe_fltres;
    return 0;
}

siginfo trap_signal(const arch::trap_frame& frame, u64 address, mm::fault_result why,
                    u32 floating_point_status)
{
    switch (frame.vector) {
    case divide_error:
        return make(sigfpe, fpe_intdiv, frame.rip);
    case debug:
        return make(sigtrap, trap_trace, frame.rip);
    case breakpoint: {
        auto info = make(sigtrap, si_kernel, 0);
        return info;
    }
    case invalid_opcode:
        return make(sigill, ill_illopn, frame.rip);
    case segment_not_present:
    case stack_segment:
        return make(sigbus, si_kernel, 0);
    case page_fault:
        return page_fault_signal(address, why);
    case x87_error:
    case simd_error:
        return make(sigfpe, floating_point_code(floating_point_status), frame.rip);
    case alignment_check:
        return make(sigbus, bus_adraln, 0);
    default: // general protection and everything that Linux treats like it
        return make(sigsegv, si_kernel, 0);
    }
}

void install_trap_handler()
{
    arch::set_application_trap_handler(handle_trap);
}
} // namespace linux
