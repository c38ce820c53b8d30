// memcpy and memmove, one function: what is short is loaded whole before it is stored; what is long goes by 64 bytes to
// aligned places, from the side on which an overlap does no harm. The two ends, unaligned, are loaded first and stored last.
// Unlike REP MOVS this costs no start-up and is quick where instructions are translated.
.text
.balign 32
.global memmove
.type memmove, @function
.global memcpy
.type memcpy, @function
memmove:
memcpy:
    mov %rdi, %rax
    cmp $16, %rdx
    jb below_16
    movups (%rsi), %xmm0
    movups -16(%rsi, %rdx), %xmm1
    cmp $32, %rdx
    ja above_32
    movups %xmm0, (%rdi)
    movups %xmm1, -16(%rdi, %rdx)
    ret

above_32:
    cmp $64, %rdx
    ja above_64
    movups 16(%rsi), %xmm2
    movups -32(%rsi, %rdx), %xmm3
    movups %xmm0, (%rdi)
    movups %xmm2, 16(%rdi)
    movups %xmm3, -32(%rdi, %rdx)
    movups %xmm1, -16(%rdi, %rdx)
    ret

below_16:
    cmp $8, %edx
    jb below_8
    mov (%rsi), %rcx
    mov -8(%rsi, %rdx), %r8
    mov %rcx, (%rdi)
    mov %r8, -8(%rdi, %rdx)
    ret
below_8:
    cmp $4, %edx
    jb below_4
    mov (%rsi), %ecx
    mov -4(%rsi, %rdx), %r8d
    mov %ecx, (%rdi)
    mov %r8d, -4(%rdi, %rdx)
    ret
below_4:
    test %edx, %edx
    jz 1f
    movzbl (%rsi), %ecx                     // the first, the middle and the last byte, which may be the same
    mov %edx, %r8d
    shr %r8d
    movzbl (%rsi, %r8), %r9d
    movzbl -1(%rsi, %rdx), %r10d
    mov %cl, (%rdi)
    mov %r9b, (%rdi, %r8)
    mov %r10b, -1(%rdi, %rdx)
1:  ret

above_64:                                   // XMM0: the first 16 bytes, XMM1: the last
    lea (%rdi, %rdx), %r8                   // end
    mov %rdi, %rcx
    sub %rsi, %rcx
    cmp %rdx, %rcx
    jb backwards
    movups -32(%rsi, %rdx), %xmm2
    movups -48(%rsi, %rdx), %xmm3
    movups -64(%rsi, %rdx), %xmm4
    lea 16(%rdi), %r9
    and $-16, %r9                           // 1 to 16 bytes on
    sub %rdi, %rsi                          // from here on the distance
    sub $64, %r8
    cmp %r8, %r9
    jae 2f
1:  movups (%rsi, %r9), %xmm5
    movups 16(%rsi, %r9), %xmm6
    movups 32(%rsi, %r9), %xmm7
    movups 48(%rsi, %r9), %xmm8
    movaps %xmm5, (%r9)
    movaps %xmm6, 16(%r9)
    movaps %xmm7, 32(%r9)
    movaps %xmm8, 48(%r9)
    add $64, %r9
    cmp %r8, %r9
    jb 1b
2:  movups %xmm4, (%r8)
    movups %xmm3, 16(%r8)
    movups %xmm2, 32(%r8)
    movups %xmm1, 48(%r8)
    movups %xmm0, (%rdi)
    ret

backwards:
    movups 16(%rsi), %xmm2
    movups 32(%rsi), %xmm3
    movups 48(%rsi), %xmm4
    lea -1(%r8), %r9
    and $-16, %r9                           // 1 to 16 bytes back
    sub %rdi, %rsi
    lea 64(%rdi), %r10
    cmp %r10, %r9
    jbe 2f
1:  movups -16(%rsi, %r9), %xmm5
    movups -32(%rsi, %r9), %xmm6
    movups -48(%rsi, %r9), %xmm7
    movups -64(%rsi, %r9), %xmm8
    movaps %xmm5, -16(%r9)
    movaps %xmm6, -32(%r9)
    movaps %xmm7, -48(%r9)
    movaps %xmm8, -64(%r9)
    sub $64, %r9
    cmp %r10, %r9
    ja 1b
2:  movups %xmm4, 48(%rdi)
    movups %xmm3, 32(%rdi)
    movups %xmm2, 16(%rdi)
    movups %xmm0, (%rdi)
    movups %xmm1, -16(%r8)
    ret
.size memmove, . - memmove
.section .note.GNU-stack, "", @progbits
