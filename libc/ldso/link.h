/* What the kernel's dynamic linker (loader/dynamic/startup.hh has the same structures) leaves for this library: which
 * objects there are, their thread-local storage, and what has to run before the program. */
#ifndef KILN_LINK_H
#define KILN_LINK_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "libc.h"

typedef void function(void);

/* One loaded object. It begins like a struct link_map, which is what dlopen's handles are taken for. */
struct kiln_object {
    uintptr_t base;
    char *name;
    Elf64_Dyn *dynamic;
    struct kiln_object *next, *previous; /* in the order of symbol look-up */
    Elf64_Phdr *headers;
    size_t header_count;
    size_t tls_module; /* 0: none */
    function *init;
    function **init_array;
    size_t init_count;
    function *fini;
    function **fini_array;
    size_t fini_count;
    struct kiln_object *next_to_init; /* dependencies first */
    struct kiln_object *group;        /* the object whose dlopen brought it; null: the program's start */
};

/* A word that takes what a function returns: R_X86_64_IRELATIVE. */
struct kiln_indirect {
    uintptr_t *where;
    uintptr_t (*resolver)(void);
};

/* Pages that become read-only when the indirect words are there. */
struct kiln_sealed {
    void *start;
    size_t length;
};

struct kiln_link {
    uintptr_t door;
    uintptr_t entry; /* the program's */
    struct kiln_object *objects;
    struct kiln_object *first_to_init;
    struct tls_module *tls_modules;
    size_t tls_count, tls_size, tls_align; /* size: of all static blocks together */
    struct kiln_indirect *indirect;
    size_t indirect_count;
    struct kiln_sealed *sealed;
    size_t sealed_count;
    int malloc_replaced, aligned_alloc_replaced; /* by another object's functions */
};

extern struct kiln_link __kiln_link;
#endif
