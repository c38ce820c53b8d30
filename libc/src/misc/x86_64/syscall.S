/* long syscall(long number, ...): the arguments move by one register. */
#include "kiln_door.h"

.text
.global syscall
.type syscall, @function
syscall:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    KILN_DOOR
    cmp $-4095, %rax
    jae 1f
    ret
1:  mov %rax, %rdi
    .hidden __syscall_ret
    jmp __syscall_ret
.section .note.GNU-stack, "", @progbits
