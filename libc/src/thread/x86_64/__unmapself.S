/* void __unmapself(void *stack, size_t size): a detached thread gives its own stack back and ends, using no stack. */
#include "kiln_door.h"

.text
.global __unmapself
.type __unmapself, @function
__unmapself:
    mov $11, %eax
    KILN_DOOR
    xor %edi, %edi
    mov $60, %eax
    KILN_DOOR
    ud2
.section .note.GNU-stack, "", @progbits
