// Where another CPU begins: real mode, at a page below 1 MiB to which this code is copied.
//
// The page's last words hold what smp.cc stores: the page-table root (an own table that maps this page at its own
// address besides the kernel's half), the new CPU's block and stack. Source: Intel SDM volume 3, 8.4.

#define CR0_PE_ET_NE_WP_PG 0x80010031
#define CR4_PAE_PGE 0xa0
#define MSR_EFER 0xc0000080
#define EFER_SCE_LME_NXE 0x901

.section .rodata
.code16
.globl trampoline_begin
.globl trampoline_end
.globl trampoline_arguments
.balign 16
trampoline_begin:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    xor %esi, %esi
    mov %ax, %si
    shl $4, %esi                        // the page's physical address
    lea (gdt - trampoline_begin)(%esi), %eax
    mov %eax, (gdt_pointer - trampoline_begin + 2)
    lea (protected - trampoline_begin)(%esi), %eax
    mov %eax, (far_protected - trampoline_begin)
    lea (long_mode_ap - trampoline_begin)(%esi), %eax
    mov %eax, (far_long - trampoline_begin)
    lgdtl (gdt_pointer - trampoline_begin)
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl *(far_protected - trampoline_begin)

.code32
protected:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $CR4_PAE_PGE, %eax
    mov %eax, %cr4
    mov (trampoline_arguments - trampoline_begin)(%esi), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_SCE_LME_NXE, %eax
    wrmsr
    mov $CR0_PE_ET_NE_WP_PG, %eax
    mov %eax, %cr0
    ljmp *(far_long - trampoline_begin)(%esi)

.code64
long_mode_ap:
    mov (trampoline_arguments - trampoline_begin + 8)(%rsi), %rdi   // the block
    mov (trampoline_arguments - trampoline_begin + 16)(%rsi), %rsp
    mov %rdi, %rax
    mov %rdi, %rdx
    shr $32, %rdx
    mov $0xc0000101, %ecx               // IA32_GS_BASE
    wrmsr
    xor %ebp, %ebp
    mov $other_cpu_main, %rax
    call *%rax
    ud2

.balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff            // 0x08: 64-bit code
    .quad 0x00cf93000000ffff            // 0x10: data
    .quad 0x00cf9b000000ffff            // 0x18: 32-bit code
gdt_pointer:
    .word 31
    .long 0
far_protected:
    .long 0
    .word 0x18
far_long:
    .long 0
    .word 0x08
.balign 8
trampoline_arguments:
    .quad 0, 0, 0
trampoline_end:
.section .note.GNU-stack, "", @progbits
