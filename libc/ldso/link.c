/* The first instructions of a program that is bound to this library, and what runs before and after its main.
 *
 * The kernel has mapped the objects, applied all relocations but those that take a function of the program, and filled
 * in __kiln_link. What is left is thread-local storage, indirect functions, constructors and destructors. */
#define _GNU_SOURCE
#include "link.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "atomic.h"
#include "dynlink.h"
#include "pthread_impl.h"
#include "syscall.h"

struct kiln_link __kiln_link = {0};

__asm__(".hidden __kiln_door\n"
        ".globl __kiln_door\n"
        ".set __kiln_door, __kiln_link\n");

__asm__(".text\n"
        ".globl _dlstart\n"
        "_dlstart:\n"
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "mov %rsp, %rbx\n"
        "and $-16, %rsp\n"
        "call __kiln_start\n"
        "mov %rbx, %rsp\n"
        "xor %edx, %edx\n" /* nothing of ours for atexit: __libc_exit_fini does it */
        "jmp *%rax\n");

/* What a TLS descriptor calls, with its own registers' rules: the offset is known, because all storage is static. */
__asm__(".globl __kiln_tls_descriptor\n"
        "__kiln_tls_descriptor:\n"
        "mov 8(%rax), %rax\n"
        "ret\n");

/* The first thread's block, where it is no larger than in most programs. */
static struct {
    _Alignas(64) unsigned char bytes[sizeof(struct pthread) + 64 * sizeof(void *)];
} first_block;

#define SMALLEST_ALIGNMENT 16

static void start_tls(void)
{
    struct kiln_link *link = &__kiln_link;
    size_t alignment = link->tls_align < SMALLEST_ALIGNMENT ? SMALLEST_ALIGNMENT : link->tls_align;
    libc.tls_head = link->tls_count ? link->tls_modules : 0;
    libc.tls_cnt = link->tls_count;
    libc.tls_align = alignment;
    size_t size = (1 + link->tls_count) * sizeof(void *) + link->tls_size + sizeof(struct pthread) + 2 * alignment;
    libc.tls_size = (size + alignment - 1) & -alignment;
    void *block = first_block.bytes;
    if (libc.tls_size > sizeof first_block.bytes)
        block = (void *)__syscall(SYS_mmap, 0, libc.tls_size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if ((uintptr_t)block > -4096UL || __init_tp(__copy_tls(block)) < 0)
        a_crash();
}

/* Takes the place of musl's own: it is called again, by __libc_start_main. */
void __init_tls(size_t *auxv)
{
    (void)auxv;
}

static size_t *start_stack; /* argument count, arguments, 0, environment, 0 */

hidden uintptr_t __kiln_start(size_t *stack)
{
    struct kiln_link *link = &__kiln_link;
    start_stack = stack;
    libc.page_size = 4096;
    __malloc_replaced = link->malloc_replaced;
    __aligned_alloc_replaced = link->aligned_alloc_replaced;
    start_tls();
    for (size_t i = 0; i < link->indirect_count; i++)
        *link->indirect[i].where = link->indirect[i].resolver();
    for (size_t i = 0; i < link->sealed_count; i++)
        __syscall(SYS_mprotect, link->sealed[i].start, link->sealed[i].length, PROT_READ);
    return link->entry;
}

/* Constructors take main's arguments, as glibc's do; musl's own ignore them. */
typedef void constructor(int, char **, char **);

hidden void __kiln_construct(struct kiln_object *first)
{
    int count = (int)start_stack[0];
    char **arguments = (char **)(start_stack + 1);
    for (struct kiln_object *o = first; o; o = o->next_to_init) {
        if (o->init)
            ((constructor *)o->init)(count, arguments, __environ);
        for (size_t i = 0; i < o->init_count; i++)
            ((constructor *)o->init_array[i])(count, arguments, __environ);
    }
}

void __libc_start_init(void)
{
    __kiln_construct(__kiln_link.first_to_init);
}

static void destroy(struct kiln_object *o)
{
    if (!o)
        return;
    destroy(o->next_to_init);
    for (size_t i = o->fini_count; i; i--)
        o->fini_array[i - 1]();
    if (o->fini)
        o->fini();
}

void __libc_exit_fini(void)
{
    destroy(__kiln_link.first_to_init);
}
