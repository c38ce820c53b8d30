/* getcontext, setcontext, swapcontext and what a context of makecontext returns to. The structure is glibc's and musl's
 * ucontext_t: flags 0, link 8, stack 16, general registers from 40 in the order of REG_R8, ..., floating point 224 (pointer)
 * and 424, signal mask 296. Only what a call preserves is kept, and the signal mask. */
#include "kiln_door.h"

#define R8 40
#define R9 48
#define R12 72
#define R13 80
#define R14 88
#define R15 96
#define RDI 104
#define RSI 112
#define RBP 120
#define RBX 128
#define RDX 136
#define RCX 152
#define RSP 160
#define RIP 168
#define FPREGS 224
#define SIGMASK 296
#define FPMEM 424
#define MXCSR (FPMEM + 24)

.text
.macro SAVE_CONTEXT at
    mov %rbx, RBX(\at)
    mov %rbp, RBP(\at)
    mov %r12, R12(\at)
    mov %r13, R13(\at)
    mov %r14, R14(\at)
    mov %r15, R15(\at)
    mov (%rsp), %rcx
    mov %rcx, RIP(\at)
    lea 8(%rsp), %rcx
    mov %rcx, RSP(\at)
    lea FPMEM(\at), %rcx
    mov %rcx, FPREGS(\at)
    fnstenv (%rcx)
    fldenv (%rcx)
    stmxcsr MXCSR(\at)
.endm

/* rt_sigprocmask(SIG_SETMASK, %rsi, %rdx, 8); keeps the register that it is told to. */
.macro SIGNAL_MASK keep
    push \keep
    mov $2, %edi
    mov $8, %r10d
    mov $14, %eax
    KILN_DOOR
    pop \keep
.endm

.global getcontext
.type getcontext, @function
getcontext:
    SAVE_CONTEXT %rdi
    xor %esi, %esi
    lea SIGMASK(%rdi), %rdx
    SIGNAL_MASK %rdi
    xor %eax, %eax
    ret

.global swapcontext
.type swapcontext, @function
swapcontext:
    SAVE_CONTEXT %rdi
    mov %rsi, %r9
    lea SIGMASK(%rdi), %rdx
    lea SIGMASK(%rsi), %rsi
    SIGNAL_MASK %r9
    mov %r9, %rdx
    jmp restore

.global setcontext
.type setcontext, @function
setcontext:
    mov %rdi, %r9
    lea SIGMASK(%rdi), %rsi
    xor %edx, %edx
    SIGNAL_MASK %r9
    mov %r9, %rdx
restore:
    mov FPREGS(%rdx), %rcx
    fldenv (%rcx)
    ldmxcsr MXCSR(%rdx)
    mov RSP(%rdx), %rsp
    mov RBX(%rdx), %rbx
    mov RBP(%rdx), %rbp
    mov R12(%rdx), %r12
    mov R13(%rdx), %r13
    mov R14(%rdx), %r14
    mov R15(%rdx), %r15
    mov RIP(%rdx), %rcx
    push %rcx
    mov RDI(%rdx), %rdi
    mov RSI(%rdx), %rsi
    mov R8(%rdx), %r8
    mov R9(%rdx), %r9
    mov RCX(%rdx), %rcx
    mov RDX(%rdx), %rdx
    xor %eax, %eax
    ret

/* A context's function has returned: RBX holds the place of the next context on its stack. */
.global __kiln_end_context
.hidden __kiln_end_context
__kiln_end_context:
    mov (%rbx), %rdi
    test %rdi, %rdi
    jz 1f
    mov %rbx, %rsp
    and $-16, %rsp
    call setcontext
1:  mov $0, %edi
    and $-16, %rsp
    call exit@PLT
    ud2
.section .note.GNU-stack, "", @progbits
