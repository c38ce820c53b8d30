/* long syscall(long number, ...): the arguments move by one register. */
#include "kiln_door.h"

.text
.global syscall
.type syscall, @function
syscall:
    cmp $435, %rdi              // clone3
    je 2f
    lea -56(%rdi), %rax         // clone, fork, vfork
    cmp $3, %rax
    jb 2f
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
2:  mov %rdi, %rax              // the new thread gets a copy of all registers, which the door does not make
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    syscall
    cmp $-4095, %rax
    jae 1b
    ret
.section .note.GNU-stack, "", @progbits
