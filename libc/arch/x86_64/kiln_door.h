/* The direct door: a system call without the SYSCALL instruction.
 *
 * The kernel is entered with SYSCALL's registers: RCX holds the return address, interrupts are off. It keeps what a
 * function keeps; a call that copies the registers (clone, vfork) must come by SYSCALL. The two bytes before the return
 * address lead back to the beginning, because the kernel restarts an interrupted call by going back two bytes, the length
 * of SYSCALL.
 *
 * cli and the jump lie in one page: a page fault between them would turn interrupts on again. They are 7 bytes, and the
 * alignment moves them to the next cache line, by a NOP, where they would lie in two.
 * The jump's target is the first word of __kiln_link (ldso/link.c). The kernel wrote it before the program started, so its
 * page is there and stays. */
#ifdef __ASSEMBLER__
.macro KILN_DOOR
771:    lea 773f(%rip), %rcx
    .p2align 6, , 6
    cli
    jmp *__kiln_door(%rip)
    jmp 771b
773:
.endm
.hidden __kiln_door
#else
#define KILN_DOOR                                   \
    "771: lea 773f(%%rip), %%rcx\n\t"               \
    ".p2align 6, , 6\n\t"                           \
    "cli\n\t"                                       \
    "jmp *__kiln_door(%%rip)\n\t"                   \
    "jmp 771b\n"                                    \
    "773:\n\t"                                      \
    ".hidden __kiln_door"
#endif
