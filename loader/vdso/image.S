// The vDSO's bytes in the kernel's read-only data, in whole pages because they are mapped as they are.
    .section .rodata.vdso, "a", @progbits
    .balign 4096
    .globl vdso_image_start, vdso_image_end
vdso_image_start:
    .incbin VDSO_FILE
    .balign 4096, 0
vdso_image_end:
