// Loading the extended state from memory that a signal handler may have changed: XRSTOR and FXRSTOR raise #GP on
// reserved bits, which the fix-up turns into a false return.
//
// bool try_restore_xsave(const void* area, u32 low_mask, u32 high_mask); bool try_restore_fxsave(const void* area)

.text
.globl try_restore_xsave
try_restore_xsave:
    mov %esi, %eax
1:  xrstor64 (%rdi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
.pushsection .fixups, "a"
    .quad 1b, 2b
.popsection

.globl try_restore_fxsave
try_restore_fxsave:
1:  fxrstor64 (%rdi)
    mov $1, %eax
    ret
2:  xor %eax, %eax
    ret
.pushsection .fixups, "a"
    .quad 1b, 2b
.popsection
.section .note.GNU-stack, "", @progbits
