// The instructions behind arch/user_copy.hh. Every access to application memory is one of these, with a fix-up.
//
// Copies go by 8 bytes, then by 4 and by single bytes: under emulation and on CPUs without fast short REP MOVSB a plain loop
// wins for what system calls move, and REP MOVSQ for more. A fault inside counts what was not copied.

.macro FIXUP faulting, handler
    .pushsection .fixups, "a"
    .quad \faulting, \handler
    .popsection
.endm

.text
// size_t copy_user(void* to, const void* from, size_t bytes)
.globl copy_user
.balign 16
copy_user:
    mov %rdx, %rcx
    cmp $8, %rdx                        // a counter, a pointer, a pollfd
    je 5f
    jb 3f
    cmp $64, %rdx
    jae 4f
2:  mov (%rsi), %rax
20: mov %rax, (%rdi)
    add $8, %rsi
    add $8, %rdi
    sub $8, %rcx
    cmp $8, %rcx
    jae 2b
3:  test %rcx, %rcx
    jz 9f
    cmp $4, %rcx                        // an epoll_event has 12 bytes
    jb 31f
30: mov (%rsi), %eax
33: mov %eax, (%rdi)
    add $4, %rsi
    add $4, %rdi
    sub $4, %rcx
    jz 9f
31: mov (%rsi), %al
32: mov %al, (%rdi)
    inc %rsi
    inc %rdi
    dec %rcx
    jnz 31b
9:  xor %eax, %eax
    ret
5:  mov (%rsi), %rax
50: mov %rax, (%rdi)
    xor %eax, %eax
    ret
4:  mov %rdx, %r8
    and $7, %r8
    shr $3, %rcx
41: rep movsq
    mov %r8, %rcx
    jmp 3b
    // Fix-ups: RCX bytes are left, or RCX quadwords and R8 bytes. Up to 7 of them might still be accessible: go on by
    // single bytes, so that what could be copied was.
8:  mov %rcx, %rax
    ret
81: lea (%r8, %rcx, 8), %rcx
82: test %rcx, %rcx
    jz 9b
83: mov (%rsi), %al
84: mov %al, (%rdi)
    inc %rsi
    inc %rdi
    dec %rcx
    jmp 82b
    FIXUP 2b, 82b
    FIXUP 20b, 82b
    FIXUP 5b, 82b
    FIXUP 50b, 82b
    FIXUP 30b, 82b
    FIXUP 33b, 82b
    FIXUP 31b, 8b
    FIXUP 32b, 8b
    FIXUP 41b, 81b
    FIXUP 83b, 8b
    FIXUP 84b, 8b

// size_t clear_user(void* to, size_t bytes)
.globl clear_user
.balign 16
clear_user:
    mov %rsi, %rcx
    mov %rsi, %rdx
    and $7, %rdx
    shr $3, %rcx
    xor %eax, %eax
1:  rep stosq
    mov %rdx, %rcx
2:  rep stosb
    xor %eax, %eax
    ret
3:  lea (%rdx, %rcx, 8), %rcx
4:  rep stosb
    xor %eax, %eax
    ret
5:  mov %rcx, %rax
    ret
    FIXUP 1b, 3b
    FIXUP 2b, 5b
    FIXUP 4b, 5b

// size_t string_length_user(const char* from, size_t limit)
// By aligned words, which lie in one page with the byte that is wanted; of the first, what stands before `from` is
// made not zero. A byte of a word is zero where subtracting 1 borrows and the byte's top bit was not set.
.globl string_length_user
.balign 16
string_length_user:
    lea (%rdi, %rsi), %r11              // the end of what may be looked at
    mov $0x0101010101010101, %r8
    mov $0x8080808080808080, %r9
    mov %edi, %ecx
    and $7, %ecx
    shl $3, %ecx
    mov $1, %eax
    shl %cl, %rax
    dec %rax
    mov %rdi, %r10
    and $-8, %r10
1:  cmp %r11, %r10
    jae 3f
2:  or (%r10), %rax
    mov %rax, %rcx
    sub %r8, %rcx
    not %rax
    and %rax, %rcx
    and %r9, %rcx
    jnz 4f
    xor %eax, %eax
    add $8, %r10
    jmp 1b
3:  mov %rsi, %rax                      // no zero within the limit
    ret
4:  bsf %rcx, %rax
    shr $3, %rax
    add %r10, %rax
    cmp %r11, %rax
    ja 3b
    sub %rdi, %rax
    ret
5:  lea 1(%rsi), %rax
    ret
    FIXUP 2b, 5b

// bool store_user_u16(u16* to, u16 value)
.globl store_user_u16
store_user_u16:
1:  mov %si, (%rdi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
    FIXUP 1b, 2b

// What was there in RAX, or all ones after a fault: u64 load_user_u32(const u32* from)
.globl load_user_u32
load_user_u32:
1:  mov (%rdi), %eax
    ret
    FIXUP 1b, word_faulted

// u64 exchange_user_u32(u32* where, u32 value)
.globl exchange_user_u32
exchange_user_u32:
1:  xchg %esi, (%rdi)
    mov %esi, %eax
    ret
    FIXUP 1b, word_faulted

// u64 compare_exchange_user_u32(u32* where, u32 expected, u32 desired)
.globl compare_exchange_user_u32
compare_exchange_user_u32:
    mov %esi, %eax
1:  lock cmpxchg %edx, (%rdi)
    ret
    FIXUP 1b, word_faulted

word_faulted:
    mov $-1, %rax
    ret
.section .note.GNU-stack, "", @progbits
