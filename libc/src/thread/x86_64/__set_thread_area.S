/* int __set_thread_area(void *thread): FS begins there. */
#include "kiln_door.h"

.text
.global __set_thread_area
.hidden __set_thread_area
.type __set_thread_area, @function
__set_thread_area:
    mov %rdi, %rsi
    mov $0x1002, %edi
    mov $158, %eax
    KILN_DOOR
    ret
.section .note.GNU-stack, "", @progbits
