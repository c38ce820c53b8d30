/* makecontext: a stack on which a function runs, and behind it the next context. See context.S. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <features.h>
#include <ucontext.h>

extern hidden const char __kiln_end_context[];

void makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
    static const int registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX, REG_R8, REG_R9};
    uintptr_t *top = (void *)(((uintptr_t)context->uc_stack.ss_sp + context->uc_stack.ss_size) & -16UL);
    int on_stack = count > 6 ? count - 6 : 0;
    uintptr_t *next = top - 2;
    uintptr_t *stack = (void *)(((uintptr_t)(next - on_stack) & -16UL) - 8);
    *next = (uintptr_t)context->uc_link;
    stack[0] = (uintptr_t)__kiln_end_context;
    va_list arguments;
    va_start(arguments, count);
    for (int i = 0; i < count; i++) {
        uintptr_t value = va_arg(arguments, uintptr_t);
        if (i < 6)
            context->uc_mcontext.gregs[registers[i]] = (greg_t)value;
        else
            stack[1 + i - 6] = value;
    }
    va_end(arguments);
    context->uc_mcontext.gregs[REG_RBX] = (greg_t)(uintptr_t)next;
    context->uc_mcontext.gregs[REG_RBP] = 0;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)function;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)(uintptr_t)stack;
}
