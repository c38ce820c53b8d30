/* int __clone(int (*function)(void *), void *stack, int flags, void *argument, int *parent_tid, void *tls,
 *             int *child_tid) */
#include "kiln_door.h"

.text
.global __clone
.hidden __clone
.type __clone, @function
__clone:
    mov $56, %eax
    and $-16, %rsi
    sub $16, %rsi
    mov %rcx, (%rsi)
    mov %rdi, 8(%rsi)
    mov %rdx, %rdi
    mov %r8, %rdx
    mov %r9, %r8
    mov 8(%rsp), %r10
    syscall                     // the new thread gets a copy of the registers, which the door does not make
    test %eax, %eax
    jnz 1f
    xor %ebp, %ebp              // the new thread: its argument and its function are on its stack
    pop %rdi
    pop %rax
    call *%rax
    mov %eax, %edi
    mov $60, %eax
    KILN_DOOR
    ud2
1:  ret
.section .note.GNU-stack, "", @progbits
