// memset: both ends unaligned, between them 64 bytes at a time to aligned places.
.text
.balign 32
.global memset
.type memset, @function
memset:
    mov %rdi, %rax
    movzbl %sil, %esi
    mov $0x0101010101010101, %rcx
    imul %rsi, %rcx
    cmp $16, %rdx
    jb below_16
    movq %rcx, %xmm0
    punpcklqdq %xmm0, %xmm0
    movups %xmm0, (%rdi)
    movups %xmm0, -16(%rdi, %rdx)
    cmp $32, %rdx
    jbe 1f
    movups %xmm0, 16(%rdi)
    movups %xmm0, -32(%rdi, %rdx)
    cmp $64, %rdx
    jbe 1f
    movups %xmm0, 32(%rdi)
    movups %xmm0, 48(%rdi)
    lea -64(%rdi, %rdx), %r8                // the last 64
    movups %xmm0, (%r8)
    movups %xmm0, 16(%r8)
    lea 64(%rdi), %rdi
    and $-16, %rdi
    cmp %r8, %rdi
    jae 1f
2:  movaps %xmm0, (%rdi)
    movaps %xmm0, 16(%rdi)
    movaps %xmm0, 32(%rdi)
    movaps %xmm0, 48(%rdi)
    add $64, %rdi
    cmp %r8, %rdi
    jb 2b
1:  ret

below_16:
    cmp $8, %edx
    jb below_8
    mov %rcx, (%rdi)
    mov %rcx, -8(%rdi, %rdx)
    ret
below_8:
    cmp $4, %edx
    jb below_4
    mov %ecx, (%rdi)
    mov %ecx, -4(%rdi, %rdx)
    ret
below_4:
    test %edx, %edx
    jz 1f
    mov %cl, (%rdi)
    mov %cl, -1(%rdi, %rdx)
    shr %edx
    mov %cl, (%rdi, %rdx)
1:  ret
.size memset, . - memset
.section .note.GNU-stack, "", @progbits
