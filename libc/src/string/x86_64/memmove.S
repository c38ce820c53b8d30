// memcpy.S has it.
.section .note.GNU-stack, "", @progbits
