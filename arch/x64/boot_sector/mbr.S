// The first sector of a disk: 440 bytes that load the rest of the boot code, sectors 1 to 62, and go there.
//
// The BIOS enters at 0x7c00 in real mode with the drive's number in DL. What follows the 440 bytes on the disk is the
// partition table (docs/image.md). Source: IBM PC/AT BIOS; BIOS Enhanced Disk Drive 3.0 §"extended read".

    .section .mbr, "awx"
    .code16
    .globl mbr_start
mbr_start:
    cli
    ljmp    $0, $1f                 // some BIOSes enter at 0x7c0:0
1:  xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    $0x7c00, %esp
    sti
    cld
    movb    %dl, boot_drive
    movb    $0x41, %ah              // are there the extensions that read by sector number?
    movw    $0x55aa, %bx
    int     $0x13
    jc      no_extensions
    cmpw    $0xaa55, %bx
    jne     no_extensions
    movb    boot_drive, %dl
    movb    $0x42, %ah
    movw    $rest_of_boot_code, %si
    int     $0x13
    jc      read_error
    movb    boot_drive, %dl
    jmp     loader_start

no_extensions:
    movw    $no_extensions_text, %si
    jmp     say
read_error:
    movw    $read_error_text, %si
say:
    lodsb
    testb   %al, %al
    jz      stop
    movb    $0x0e, %ah
    movw    $7, %bx
    int     $0x10
    jmp     say
stop:
    hlt
    jmp     stop

no_extensions_text: .asciz "kiln: this BIOS cannot read disks by sector number\r\n"
read_error_text:    .asciz "kiln: the disk cannot be read\r\n"
boot_drive:         .byte 0

    .balign 4
rest_of_boot_code:
    .byte   16, 0                   // of this packet
    .word   62                      // sectors
    .word   0x7e00, 0               // offset, segment
    .quad   1                       // first sector
