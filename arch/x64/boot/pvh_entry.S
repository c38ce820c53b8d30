// The first instructions: from 32-bit protected mode without paging (the PVH entry, Xen's docs/misc/pvh.pandoc) to
// C++ in the top half.
//
// On entry %ebx is the physical address of hvm_start_info; nothing else is known. The code finds its own load
// address, builds a temporary page table (first 4 GiB at virtual 0 and in the direct map, the kernel image at its
// linked address), switches to long mode and calls boot_main(start_info, load_address). core/mm builds the real tables.

#define PRESENT_WRITABLE 0x3
#define LARGE_PAGE 0x80
#define CR0_PE_ET_NE_WP_PG 0x80010031
#define CR4_PAE_PGE_OSFXSR_OSXMMEXCPT 0x6a0
#define MSR_EFER 0xc0000080
#define EFER_SCE_LME_NXE 0x901

.section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18                  // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long pvh_entry_physical

.section .text.entry, "ax"
.code32
.globl pvh_entry
pvh_entry:
    cli
    cld
    // Without a stack: the hvm_start_info's first word serves as one for a moment.
    mov (%ebx), %edx
    lea 4(%ebx), %esp
    call 1f
1:  pop %ebp
    mov %edx, (%ebx)
    sub $(1b - pvh_entry), %ebp
    sub $offset_pvh_entry, %ebp     // %ebp: where the image was loaded

    // The tables lie in .bss, which the loader has cleared.
    lea offset_boot_pml4(%ebp), %edi
    lea offset_boot_pdpt + PRESENT_WRITABLE(%ebp), %eax
    mov %eax, (%edi)                // identity: only until long_mode
    mov %eax, 256 * 8(%edi)         // direct map
    lea offset_boot_kernel_pdpt + PRESENT_WRITABLE(%ebp), %eax
    mov %eax, 511 * 8(%edi)

    lea offset_boot_kernel_pdpt(%ebp), %edi
    lea offset_boot_kernel_pd + PRESENT_WRITABLE(%ebp), %eax
    mov %eax, 510 * 8(%edi)
    lea offset_boot_kernel_pd(%ebp), %edi
    lea offset_boot_kernel_pt + PRESENT_WRITABLE(%ebp), %eax
    mov %eax, (%edi)
    add $4096, %eax
    mov %eax, 8(%edi)

    lea offset_boot_kernel_pt(%ebp), %edi
    lea PRESENT_WRITABLE(%ebp), %eax
    mov $kernel_pages, %ecx
2:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    dec %ecx
    jnz 2b

    // First 4 GiB: four 1 GiB pages where the CPU has them, else 2048 pages of 2 MiB.
    mov %ebx, %esi
    mov $0x80000001, %eax
    cpuid
    mov %esi, %ebx
    lea offset_boot_pdpt(%ebp), %edi
    mov $4, %ecx
    test $(1 << 26), %edx
    jz 4f
    mov $(LARGE_PAGE | PRESENT_WRITABLE), %eax
3:  mov %eax, (%edi)
    add $0x40000000, %eax
    add $8, %edi
    dec %ecx
    jnz 3b
    jmp 6f
4:  lea offset_boot_direct_pd + PRESENT_WRITABLE(%ebp), %eax
5:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    dec %ecx
    jnz 5b
    lea offset_boot_direct_pd(%ebp), %edi
    mov $(LARGE_PAGE | PRESENT_WRITABLE), %eax
    mov $2048, %ecx
7:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    dec %ecx
    jnz 7b

6:  mov $CR4_PAE_PGE_OSFXSR_OSXMMEXCPT, %eax
    mov %eax, %cr4
    lea offset_boot_pml4(%ebp), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_SCE_LME_NXE, %eax
    wrmsr
    mov $CR0_PE_ET_NE_WP_PG, %eax
    mov %eax, %cr0

    // A far return to the 64-bit segment, with the boot stack in the image.
    lea offset_boot_gdt(%ebp), %eax
    mov %eax, offset_boot_gdt + 26(%ebp)
    lgdt offset_boot_gdt + 24(%ebp)
    lea offset_boot_stack_top(%ebp), %esp
    pushl $8
    lea offset_long_mode(%ebp), %eax
    push %eax
    lret

.code64
.globl long_mode
long_mode:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $boot_stack_top, %rsp
    xor %edi, %edi
    mov %ebx, %edi
    mov %ebp, %esi
    mov $initial_percpu, %rcx       // GS before the first C++ function: the stack protector reads it
    mov %rcx, %rax
    mov %rcx, %rdx
    shr $32, %rdx
    mov $0xc0000101, %ecx           // IA32_GS_BASE
    wrmsr
    xor %ebp, %ebp
    mov $boot_main, %rax
    call *%rax
    ud2

.section .data
    .balign 16
.globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00af9a000000ffff        // 0x08: 64-bit code
    .quad 0x00cf92000000ffff        // 0x10: data
    .word 23                        // the table's descriptor; its base is stored at run time
    .long 0

.section .bss
    .balign 16
    .skip 8192
.globl boot_stack_top
boot_stack_top:

.section .boot_tables, "aw", @nobits
    .balign 4096
.globl boot_pml4, boot_pdpt, boot_kernel_pdpt, boot_kernel_pd, boot_kernel_pt, boot_direct_pd
boot_pml4:        .skip 4096
boot_pdpt:        .skip 4096
boot_kernel_pdpt: .skip 4096
boot_kernel_pd:   .skip 4096
boot_kernel_pt:   .skip 8192
boot_direct_pd:   .skip 16384
.section .note.GNU-stack, "", @progbits
