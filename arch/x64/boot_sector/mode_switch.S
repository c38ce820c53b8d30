// Between real mode, where the BIOS lives, and 32-bit protected mode, where the loader runs.
//
// All of it lies below 64 KiB with segment bases of 0, so an address is the same in both modes, and so is the stack.

    .section .text.entry, "ax"
    .code16
    .globl loader_start
loader_start:
    cli
    movzbl  %dl, %edx
    pushl   %edx                    // the drive, argument of load_and_start()
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $code_32, $1f
    .code32
1:  movw    $data_32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %gs
    movw    %ax, %ss
    movl    $__bss_start, %edi
    movl    $__bss_end, %ecx
    subl    %edi, %ecx
    xorl    %eax, %eax
    cld
    rep stosb
    call    load_and_start
2:  hlt
    jmp     2b

// void bios_call(unsigned vector): runs the BIOS function with the registers in bios_registers and leaves its
// results there. Interrupts are on meanwhile, for BIOSes that wait for them.
    .text
    .code32
    .globl bios_call
bios_call:
    movl    4(%esp), %eax
    movb    %al, vector_to_call
    pushl   %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    movl    %esp, saved_stack
    lidtl   real_mode_idt
    ljmpl   $code_16, $1f
    .code16
1:  movw    $data_16, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    %cr0, %eax
    andb    $0xfe, %al
    movl    %eax, %cr0
    ljmpl   $0, $2f
2:  xorw    %ax, %ax
    movw    %ax, %ss
    movw    %ax, %ds
    movw    %ax, %fs
    movw    %ax, %gs
    movw    bios_registers + 24, %es
    movl    bios_registers + 0, %eax
    movl    bios_registers + 4, %ebx
    movl    bios_registers + 8, %ecx
    movl    bios_registers + 12, %edx
    movl    bios_registers + 16, %esi
    movl    bios_registers + 20, %edi
    sti
    .byte   0xcd                    // int
vector_to_call:
    .byte   0
    pushfl
    cli
    cld
    pushw   %ds
    pushl   %eax
    xorw    %ax, %ax
    movw    %ax, %ds
    popl    bios_registers + 0
    popw    %ax                     // the BIOS's DS, of no interest
    popl    bios_registers + 28
    movl    %ebx, bios_registers + 4
    movl    %ecx, bios_registers + 8
    movl    %edx, bios_registers + 12
    movl    %esi, bios_registers + 16
    movl    %edi, bios_registers + 20
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $code_32, $3f
    .code32
3:  movw    $data_32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    saved_stack, %esp
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret

// [[noreturn]] void enter_kernel(unsigned entry, const void* start_info): as the PVH boot protocol wants it.
    .globl enter_kernel
enter_kernel:
    movl    4(%esp), %eax
    movl    8(%esp), %ebx
    jmp     *%eax

    .data
    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff
    .quad   0x00cf93000000ffff
    .quad   0x00009b000000ffff
    .quad   0x000093000000ffff
gdt_pointer:
    .word   gdt_pointer - gdt - 1
    .long   gdt
real_mode_idt:
    .word   0x3ff
    .long   0
    .balign 4
saved_stack:
    .long   0
    .globl bios_registers
bios_registers:
    .skip   32

    .set code_32, 8
    .set data_32, 16
    .set code_16, 24
    .set data_16, 32
