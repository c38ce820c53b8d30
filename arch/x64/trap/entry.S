// Entry to and exit from the kernel: traps, interrupts and system calls. docs/traps.md walks through it.
//
// Everything runs in ring 0, so the CPU switches stacks only where a gate names an IST stack. Ordinary traps arrive on
// one IST stack per CPU with interrupts off and build their trap_frame at once on the running thread's kernel stack:
// at its top if the application ran (RIP in the lower half), below the interrupted frame if the kernel did.
//
// Two windows run with interrupts off and touch nothing that can fault: system-call entry until the stack switch, and
// exit from the restore of RSP to the jump. No kernel instruction runs with interrupts on and an application stack.

#define GS_KERNEL_STACK_TOP %gs:16
#define GS_SCRATCH %gs:24
#define GS_CURRENT_THREAD %gs:8
#define GS_ATTENTION %gs:56
#define KERNEL_STACK_SIZE 16384
#define FRAME_SIZE (22 * 8)
#define STACK_RESERVE 512
#define SYSCALL_VECTOR 0x100
#define FIRST_INTERRUPT 32
#define SYSCALL_TABLE_SIZE 512

// Offsets in trap_frame.
#define F_R15 (0 * 8)
#define F_R14 (1 * 8)
#define F_R13 (2 * 8)
#define F_R12 (3 * 8)
#define F_RBP (4 * 8)
#define F_RBX (5 * 8)
#define F_R11 (6 * 8)
#define F_R10 (7 * 8)
#define F_R9 (8 * 8)
#define F_R8 (9 * 8)
#define F_RAX (10 * 8)
#define F_RDX (12 * 8)
#define F_RSI (13 * 8)
#define F_RDI (14 * 8)
#define F_VECTOR (15 * 8)
#define F_ERROR (16 * 8)
#define F_RIP (17 * 8)
#define F_RFLAGS (19 * 8)
#define F_RSP (20 * 8)

.macro PUSH_REGISTERS rcx=%rcx rax=%rax
    push %rdi
    push %rsi
    push %rdx
    push \rcx
    push \rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm

// From the IST stack, where the interrupted RAX and RCX lie below the vector, to the stack at RCX.
.macro MOVE_FRAME
    mov %rsp, %rax
    mov %rcx, %rsp
    push 64(%rax)                       // SS
    push 56(%rax)                       // RSP
    push 48(%rax)                       // RFLAGS
    push 40(%rax)                       // CS
    push 32(%rax)                       // RIP
    push 24(%rax)                       // error code
    push 16(%rax)                       // vector
    PUSH_REGISTERS "0(%rax)", "8(%rax)"
.endm

.macro POP_REGISTERS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
.endm

.text
// ---------------------------------------------------------------- system calls
.globl syscall_entry
.balign 64
syscall_entry:                          // window 1 begins: RCX = return address, R11 = flags, interrupts off
    mov %rsp, GS_SCRATCH
    mov GS_KERNEL_STACK_TOP, %rsp       // window 1 ends
    push $0x10
    pushq GS_SCRATCH
    push %r11
    push $0x08
    push %rcx
    push %rax                           // error_code: the call's number
    push $SYSCALL_VECTOR
    PUSH_REGISTERS
    sti
    mov %eax, %eax                      // as on Linux the upper half of the number does not count
    cmp $SYSCALL_TABLE_SIZE, %eax
    jae unknown_call
1:  mov %rsp, %rdi
    call *linux_system_calls(, %rax, 8)
    mov %rax, F_RAX(%rsp)
    cli
    mov GS_ATTENTION, %rcx
    cmpl $0, (%rcx)
    jne slow_exit
    // Callee-saved registers hold the application's values again. RCX and R11 are the ABI's to destroy.
    mov F_R10(%rsp), %r10
    mov F_R9(%rsp), %r9
    mov F_R8(%rsp), %r8
    mov F_RDX(%rsp), %rdx
    mov F_RSI(%rsp), %rsi
    mov F_RDI(%rsp), %rdi
    mov F_RIP(%rsp), %rcx
    mov F_RSP(%rsp), %rsp               // window 2 begins
    sti                                 // its shadow covers the jump
syscall_exit_jump:
    jmp *%rcx                           // window 2 ends

unknown_call:
    mov $(SYSCALL_TABLE_SIZE - 1), %eax // no call: its handler refuses whatever number the frame holds
    jmp 1b

// The built-in C library's door (docs/libc.md): RCX = return address, interrupts off, as behind SYSCALL. It is a function
// call to its caller, so less is kept: the frame has no callee-saved registers, because the handlers keep them, no flags
// and no segments; and the registers of the arguments are not restored. What leaves the slow way completes the frame first.
.globl direct_entry
.balign 64
direct_entry:                           // window 1 begins
    mov GS_KERNEL_STACK_TOP, %r11
    mov %rsp, (F_RSP - FRAME_SIZE)(%r11)
    lea -FRAME_SIZE(%r11), %rsp         // window 1 ends
    mov %rcx, F_RIP(%rsp)
    mov %rax, F_ERROR(%rsp)             // the call's number
    movq $SYSCALL_VECTOR, F_VECTOR(%rsp)
    mov %rdi, F_RDI(%rsp)
    mov %rsi, F_RSI(%rsp)
    mov %rdx, F_RDX(%rsp)
    mov %r8, F_R8(%rsp)
    mov %r9, F_R9(%rsp)
    mov %r10, F_R10(%rsp)
    sti
    cmp $SYSCALL_TABLE_SIZE, %rax
    jae direct_unknown_call
1:  mov %rsp, %rdi
    call *linux_system_calls(, %rax, 8)
    cli
    mov GS_ATTENTION, %rcx
    cmpl $0, (%rcx)
    jne direct_slow_exit
    mov F_RIP(%rsp), %rcx
    mov F_RSP(%rsp), %rsp               // window 2 begins
    sti                                 // its shadow covers the jump
direct_exit_jump:
    jmp *%rcx                           // window 2 ends

direct_unknown_call:
    mov $(SYSCALL_TABLE_SIZE - 1), %eax
    jmp 1b

direct_slow_exit:
    cmpq $SYSCALL_VECTOR, F_VECTOR(%rsp)
    jne slow_exit                       // the handler made a frame of its own (sigreturn)
    movq $0x202, F_RFLAGS(%rsp)         // what SYSCALL would have left; leave_to_application() sets the segments
    mov %rax, F_RAX(%rsp)
    mov %rbx, F_RBX(%rsp)
    mov %rbp, F_RBP(%rsp)
    mov %r12, F_R12(%rsp)
    mov %r13, F_R13(%rsp)
    mov %r14, F_R14(%rsp)
    mov %r15, F_R15(%rsp)
    // fall through

slow_exit:
    mov %rsp, %rdi
    call leave_to_application           // returns with interrupts off and nothing left to do
    jmp restore_all

// A new application thread's first instructions: its frame lies at the top of its kernel stack.
.globl start_application_thread
start_application_thread:
    xor %ebp, %ebp
    call finish_first_switch
    jmp slow_exit

// ---------------------------------------------------------------- traps and interrupts
// Each gate pushes (an error code and) its vector and comes here. On the IST stack: vector, error code, RIP, CS,
// RFLAGS, RSP, SS.
.balign 64
ordinary_trap:
    cld
    push %rax
    push %rcx
    mov 32(%rsp), %rax                  // RIP
    test %rax, %rax
    js 2f
    mov GS_KERNEL_STACK_TOP, %rcx
1:  MOVE_FRAME
    mov %rsp, %rdi
    testq $-1, F_RIP(%rsp)
    js kernel_trapped
    call application_trap
    mov GS_ATTENTION, %rcx
    cmpl $0, (%rcx)
    jne slow_exit
restore_all:                            // interrupts off
    POP_REGISTERS
    add $16, %rsp
.globl return_from_trap
return_from_trap:
    iretq

kernel_trapped:
    call kernel_trap
    jmp restore_all

    // The kernel was running. Its RSP must lie in the current kernel stack with room for a frame.
2:  mov 56(%rsp), %rcx
    mov GS_KERNEL_STACK_TOP, %rax
    sub %rcx, %rax                      // bytes in use
    jb 3f
    cmp $(KERNEL_STACK_SIZE - FRAME_SIZE - STACK_RESERVE), %rax
    ja 3f
    and $-16, %rcx
    jmp 1b
3:  cmp $0, %rcx                        // RSP in the upper half: a kernel stack that overflowed
    js 4f
    // An application stack with a kernel RIP. Either the shadow behind STI did not hold: QEMU's VMRUN forgets it, so
    // a Xen inside raises interrupts before the jump of window 2. Then it counts as done.
    cmpq $FIRST_INTERRUPT, 16(%rsp)
    jb 7f
    lea syscall_exit_jump(%rip), %rax
    cmp %rax, 32(%rsp)
    je 6f
    lea direct_exit_jump(%rip), %rax
    cmp %rax, 32(%rsp)
    je 6f
    // Or the application jumped into the kernel's half.
7:  mov GS_KERNEL_STACK_TOP, %rcx
    MOVE_FRAME
    mov %rsp, %rdi
    call wild_jump
    jmp slow_exit
4:  cmpq $0, GS_CURRENT_THREAD           // before there are threads, the boot stack is as good
    je 5f
    pop %rcx                            // the frame is completed where it is
    pop %rax
    PUSH_REGISTERS
    mov %rsp, %rdi
    call kernel_stack_overflow
    ud2
5:  and $-16, %rcx
    jmp 1b
6:  mov 0(%rsp), %rcx                   // where it was to jump
    mov %rcx, 32(%rsp)
    mov GS_KERNEL_STACK_TOP, %rcx
    jmp 1b

// A debug trap of the application (single step) is an ordinary trap that arrives on another stack.
debug_trap:
    cmpq $0, 16(%rsp)
    jns ordinary_trap
    // fall through: in the kernel it can come anywhere, also in the windows

// NMI, double fault, machine check and debug traps in the kernel stay on stacks of their own and trust nothing.
isolated_trap:
    cld
    PUSH_REGISTERS
    mov %rsp, %rdi
    call isolated_trap_handler
    POP_REGISTERS
    add $16, %rsp
    iretq

.macro GATE vector, target
    .balign 16
    .if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
    .else
    push $0
    .endif
    push $\vector
    jmp \target
.endm

.balign 16
.globl trap_gates
trap_gates:
.set v, 0
.rept 256
    .if v == 1
    GATE v, debug_trap
    .elseif v == 2 || v == 8 || v == 18
    GATE v, isolated_trap
    .else
    GATE v, ordinary_trap
    .endif
    .set v, v + 1
.endr

// ---------------------------------------------------------------- idle
// Interrupts off before and after. An interrupt before HLT, where the shadow of STI did not hold, would be slept over:
// kernel_trap lets it return behind it.
.globl sleep_until_interrupt, idle_halt
sleep_until_interrupt:
    sti
idle_halt:
    hlt
    cli
    ret

// ---------------------------------------------------------------- thread switch
// The switch itself is in cpu/thread_context.cc.
// A new kernel thread's first instructions: entry and argument lie on its stack (thread_context::prepare_kernel).
.globl start_kernel_thread
start_kernel_thread:
    xor %ebp, %ebp
    call finish_first_switch
    pop %rax
    pop %rdi
    sti
    call *%rax
    call kernel_thread_returned
    ud2
.section .note.GNU-stack, "", @progbits
