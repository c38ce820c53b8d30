// The registers of interrupted code as entry stores them on the kernel stack; one layout for traps,
// interrupts and system calls, so that signals, crash reports and clone need to know only one.
#pragma once

#include "core/base/types.hh"

namespace arch
{
struct trap_frame {
    u64 r15, r14, r13, r12, rbp, rbx;              // what the C++ ABI keeps across calls
    u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi; // what it does not
    u64 vector;                   // trap or interrupt number; syscall_vector for a system call
    u64 error_code;               // the CPU's, or the system call's number (Linux's orig_rax)
    u64 rip, cs, rflags, rsp, ss; // as IRETQ takes them

    static constexpr u64 syscall_vector = 0x100;
    /// Put in `vector` by who has changed all of a frame, so that it is no system call's any more. The slow
    /// way back, which the thread's attention word asks for, restores every register and flag.
    static constexpr u64 exact_return_vector = 0x101;

    bool from_application() const { return static_cast<s64>(rip) >= 0; }
    bool from_system_call() const { return vector == syscall_vector; }
};
static_assert(sizeof(trap_frame) == 22 * sizeof(u64));
} // namespace arch
