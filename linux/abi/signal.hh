// Signals as applications see them on x86-64: numbers, actions, siginfo, and what stands on the stack while a
// handler runs (uapi/asm/signal.h, asm-generic/siginfo.h, uapi/asm/sigcontext.h, ucontext.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
using signal_set = u64; // bit n - 1 is signal n

// clang-format off
inline constexpr int sighup = 1, sigint = 2, sigquit = 3, sigill = 4, sigtrap = 5, sigabrt = 6, sigbus = 7, sigfpe = 8,
    sigkill = 9, sigusr1 = 10, sigsegv = 11, sigusr2 = 12, sigpipe = 13, sigalrm = 14, sigterm = 15, sigstkflt = 16,
    sigchld = 17, sigcont = 18, sigstop = 19, sigtstp = 20, sigttin = 21, sigttou = 22, sigurg = 23, sigxcpu = 24,
    sigxfsz = 25, sigvtalrm = 26, sigprof = 27, sigwinch = 28, sigio = 29, sigpwr = 30, sigsys = 31, sigrtmin = 32;
// clang-format on
inline constexpr int signal_count = 64;

constexpr signal_set signal_bit(int signal)
{
    return signal_set{1} << (signal - 1);
}
constexpr bool is_valid_signal(int signal)
{
    return signal >= 1 && signal <= signal_count;
}

inline constexpr u64 sa_nocldstop = 1;
inline constexpr u64 sa_nocldwait = 2;
inline constexpr u64 sa_siginfo = 4;
inline constexpr u64 sa_expose_tagbits = 0x800;
inline constexpr u64 sa_restorer = 0x04000000;
inline constexpr u64 sa_onstack = 0x08000000;
inline constexpr u64 sa_restart = 0x10000000;
inline constexpr u64 sa_nodefer = 0x40000000;
inline constexpr u64 sa_resethand = 0x80000000;

inline constexpr u64 sig_dfl = 0;
inline constexpr u64 sig_ign = 1;

struct sigaction {
    u64 handler;
    u64 flags;
    u64 restorer;
    signal_set mask;
};
static_assert(sizeof(sigaction) == 32);

inline constexpr int sig_block = 0;
inline constexpr int sig_unblock = 1;
inline constexpr int sig_setmask = 2;

// siginfo's code: who sent it, or why it happened
inline constexpr s32 si_user = 0, si_kernel = 0x80, si_queue = -1, si_timer = -2, si_mesgq = -3,
                     si_asyncio = -4, si_tkill = -6;
inline constexpr s32 ill_illopn = 2, fpe_intdiv = 1, fpe_intovf = 2, fpe_fltdiv = 3, fpe_fltovf = 4,
                     fpe_fltund = 5, fpe_fltres = 6, fpe_fltinv = 7, segv_maperr = 1, segv_accerr = 2,
                     segv_bnderr = 3, bus_adraln = 1, bus_adrerr = 2, trap_brkpt = 1, trap_trace = 2,
                     trap_hwbkpt = 4;

struct siginfo {
    s32 signal;
    s32 error;
    s32 code;
    u32 pad0;
    union {
        u8 bytes[112];
        struct {
            s32 pid;
            u32 uid;
            u64 value;
        } sender; // kill, tgkill (no value), sigqueue
        struct {
            s32 id;
            s32 overrun;
            u64 value;
        } timer;
        struct {
            s32 pid;
            u32 uid;
            s32 status;
            u32 pad0;
            s64 user_time;
            s64 system_time;
        } child;
        struct {
            u64 address;
            s16 address_lsb;
        } fault;
        struct {
            s64 band;
            s32 descriptor;
        } poll;
        struct {
            u64 address;
            s32 number;
            u32 architecture;
        } call;
    };
};
static_assert(sizeof(siginfo) == 128);

struct stack {
    u64 base;
    s32 flags;
    u32 pad0;
    u64 size;
};
static_assert(sizeof(stack) == 24);
inline constexpr s32 ss_onstack = 1;
inline constexpr s32 ss_disable = 2;
inline constexpr s32 ss_autodisarm = s32(1u << 31);

struct sigcontext {
    u64 r8, r9, r10, r11, r12, r13, r14, r15;
    u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
    u64 rflags;
    u16 cs, gs, fs, ss;
    u64 error_code;
    u64 trap_number;
    u64 old_mask;
    u64 cr2;
    u64 fpstate; // address of the extended state
    u64 reserved[8];
};
static_assert(sizeof(sigcontext) == 256);

struct ucontext {
    u64 flags;
    u64 link;
    linux::stack stack;
    sigcontext context;
    signal_set mask;
};
static_assert(sizeof(ucontext) == 304);
inline constexpr u64 uc_fp_xstate = 1;
inline constexpr u64 uc_sigcontext_ss = 2;
inline constexpr u64 uc_strict_restore_ss = 4;

struct rt_sigframe {
    u64 return_address; // the restorer
    ucontext context;
    siginfo info;
};
static_assert(sizeof(rt_sigframe) == 440);

/// In the unused bytes of the FXSAVE image (offset 464): says that an XSAVE area follows, and how long it is.
struct fpstate_software_bytes {
    u32 magic1;
    u32 extended_size; // with magic2
    u64 features;
    u32 xstate_size;
    u32 reserved[7];
};
static_assert(sizeof(fpstate_software_bytes) == 48);
inline constexpr size_t fpstate_software_offset = 464;
inline constexpr size_t fxsave_size = 512;
inline constexpr u32 fp_xstate_magic1 = 0x46505853;
inline constexpr u32 fp_xstate_magic2 = 0x46505845;

struct sigevent {
    u64 value;
    s32 signal;
    s32 notify;
    s32 thread_id;
    u32 pad0[11];
};
static_assert(sizeof(sigevent) == 64);
inline constexpr s32 sigev_signal = 0;
inline constexpr s32 sigev_none = 1;
inline constexpr s32 sigev_thread = 2;
inline constexpr s32 sigev_thread_id = 4;
} // namespace linux
