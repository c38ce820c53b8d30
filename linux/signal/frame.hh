// What stands on the application's stack while a signal handler runs, bit for bit as Linux 6.1 on x86-64 lays
// it out.
//
//     sp before the signal
//     128 bytes                the red zone (not on a fresh alternate stack)
//     XSAVE area, magic2       64-byte aligned
//     rt_sigframe              return address (the restorer), ucontext, siginfo
//     sp in the handler        16 n + 8, as behind a call
//
// These are plain functions of their arguments, so that host tests can check them against Linux. Source:
// arch/x86/kernel/signal.c as documented in sigreturn(2), uapi/asm/sigcontext.h.
#pragma once

#include <span>

#include "arch/trap_frame.hh"
#include "core/base/types.hh"
#include "linux/abi/signal.hh"

namespace linux
{
struct frame_place {
    virt_addr frame;   // the rt_sigframe
    virt_addr fpstate; // the XSAVE area
};

/// Where the frame goes when the handler's stack begins below `sp`.
frame_place place_signal_frame(u64 sp, size_t extended_state_size);

/// The largest frame that can occur, for AT_MINSIGSTKSZ.
size_t maximum_signal_frame(size_t extended_state_size);

/// The registers as sigcontext has them: what a program in ring 3 would see.
void store_registers(sigcontext& to, const arch::trap_frame& from);
/// The other way; flags that a program may not set stay what they must be. False if RIP is not an application
/// address.
bool load_registers(arch::trap_frame& to, const sigcontext& from);

/// Marks an XSAVE area (with 4 more bytes behind it) the way sigreturn recognises it.
void mark_extended_state(std::span<std::byte> area_and_magic, u64 features);

/// Whether `area_and_magic` has the marks; if not, only its first 512 bytes count.
bool is_marked_extended_state(std::span<const std::byte> area_and_magic);

/// Whether `sp` lies on the alternate stack.
bool is_on_stack(const stack& alternate, u64 sp);
} // namespace linux
