/* The direct door: a system call without the SYSCALL instruction.
 *
 * The kernel is entered behind SYSCALL with the same registers: RCX holds the return address, interrupts are off. RCX
 * and R11 are destroyed as by SYSCALL. The two bytes before the return address lead back to the beginning, because the
 * kernel restarts an interrupted call by going back two bytes, the length of SYSCALL.
 *
 * cli and the jump lie in one page (4 bytes, aligned): a page fault between them would turn interrupts on again.
 * __kiln_door is the first word of __kiln_link (ldso/link.c), which the kernel fills in before the program starts. */
#ifdef __ASSEMBLER__
.macro KILN_DOOR
771:    mov __kiln_door(%rip), %r11
    lea 773f(%rip), %rcx
    .p2align 2
    cli
    jmp *%r11
    jmp 771b
773:
.endm
.hidden __kiln_door
#else
#define KILN_DOOR                                   \
    "771: mov __kiln_door(%%rip), %%r11\n\t"        \
    "lea 773f(%%rip), %%rcx\n\t"                    \
    ".p2align 2\n\t"                                \
    "cli\n\t"                                       \
    "jmp *%%r11\n\t"                                \
    "jmp 771b\n"                                    \
    "773:\n\t"                                      \
    ".hidden __kiln_door"
#endif
