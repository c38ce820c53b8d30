/* The first instructions of a program that is bound to this library, and what runs before and after its main.
 *
 * The kernel has mapped the objects, applied all relocations but those that take a function of the program,
 * and filled in __kiln_link. What is left is thread-local storage, indirect functions, constructors and
 * destructors. */
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

/* What TLS descriptors call, with their own registers' rules. The storage is in every thread, at a known
 * offset; or in the block of a module (the pointers to blocks are the second word of a thread's structure).
 */
__asm__(".globl __kiln_tls_descriptor\n"
        "__kiln_tls_descriptor:\n"
        "mov 8(%rax), %rax\n"
        "ret\n"
        ".globl __kiln_tls_descriptor_by_module\n"
        "__kiln_tls_descriptor_by_module:\n"
        "push %rcx\n"
        "push %rdx\n"
        "mov 12(%rax), %ecx\n"
        "mov 8(%rax), %eax\n"
        "mov %fs:8, %rdx\n"
        "add (%rdx, %rcx, 8), %rax\n"
        "sub %fs:0, %rax\n"
        "pop %rdx\n"
        "pop %rcx\n"
        "ret\n");

/* The first thread's block, where it is no larger than in most programs. */
static struct {
    _Alignas(64) unsigned char bytes[sizeof(struct pthread) + 64 * sizeof(void*) + 2048];
} first_block;

hidden size_t __kiln_tls_size(const struct kiln_link* link)
{
    size_t align = link->tls_align;
    size_t size = (1 + link->tls_count) * sizeof(void*) + link->tls_size + sizeof(struct pthread) + 2 * align;
    return (size + align - 1) & -align;
}

static void start_tls(void)
{
    struct kiln_link* link = &__kiln_link;
    libc.tls_head = link->tls_modules;
    libc.tls_cnt = link->tls_count;
    libc.tls_align = link->tls_align;
    libc.tls_size = __kiln_tls_size(link);
    void* block = first_block.bytes;
    if (libc.tls_size > sizeof first_block.bytes)
        block = (void*)__syscall(SYS_mmap, 0, libc.tls_size, PROT_READ | PROT_WRITE,
                                 MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if ((uintptr_t)block > -4096UL || __init_tp(__copy_tls(block)) < 0)
        a_crash();
}

/* Takes the place of musl's own: it is called again, by __libc_start_main. */
void __init_tls(size_t* auxv)
{
    (void)auxv;
}

/* Words that functions of the program fill, then the pages that become read-only. */
hidden void __kiln_finish_words(const struct kiln_link* link)
{
    for (size_t i = 0; i < link->indirect_count; i++)
        *link->indirect[i].where = link->indirect[i].resolver();
    for (size_t i = 0; i < link->sealed_count; i++)
        __syscall(SYS_mprotect, link->sealed[i].start, link->sealed[i].length, PROT_READ);
}

static size_t* start_stack; /* argument count, arguments, 0, environment, 0 */

hidden uintptr_t __kiln_start(size_t* stack)
{
    struct kiln_link* link = &__kiln_link;
    start_stack = stack;
    libc.page_size = 4096;
    __malloc_replaced = link->malloc_replaced;
    __aligned_alloc_replaced = link->aligned_alloc_replaced;
    start_tls();
    __kiln_finish_words(link);
    for (struct kiln_object* o = link->objects; o; o = o->next) {
        o->is_global = 1;
        o->next_global = o->next;
    }
    return link->entry;
}

/* Constructors take main's arguments, as glibc's do; musl's own ignore them. */
typedef void constructor(int, char**, char**);

static struct kiln_object* last_constructed;

hidden void __kiln_construct(struct kiln_object* first)
{
    int count = (int)start_stack[0];
    char** arguments = (char**)(start_stack + 1);
    for (struct kiln_object* o = first; o; o = o->next_to_init) {
        o->constructed_before = last_constructed;
        last_constructed = o;
        if (o->init)
            ((constructor*)o->init)(count, arguments, __environ);
        for (size_t i = 0; i < o->init_count; i++)
            ((constructor*)o->init_array[i])(count, arguments, __environ);
    }
}

void __libc_start_init(void)
{
    __kiln_construct(__kiln_link.first_to_init);
}

/* The last constructed first; a destructor may open a library. */
void __libc_exit_fini(void)
{
    __kiln_lock_objects();
    for (struct kiln_object* o; (o = last_constructed);) {
        last_constructed = o->constructed_before;
        for (size_t i = o->fini_count; i; i--)
            o->fini_array[i - 1]();
        if (o->fini)
            o->fini();
    }
}
