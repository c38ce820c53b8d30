/* pid_t vfork(void): the return address waits in a register, because the child uses the same stack. */
#include "kiln_door.h"

.text
.global vfork
.type vfork, @function
vfork:
    pop %rdx
    mov $58, %eax
    KILN_DOOR
    push %rdx
    mov %rax, %rdi
    .hidden __syscall_ret
    jmp __syscall_ret
.section .note.GNU-stack, "", @progbits
