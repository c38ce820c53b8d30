/* What the kernel's dynamic linker (loader/dynamic/startup.hh has the same structures) leaves for this
 * library: which objects there are, their thread-local storage, and what has to run before the program. */
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
    char* name;
    Elf64_Dyn* dynamic;
    struct kiln_object *next, *previous; /* in the order of symbol look-up */
    Elf64_Phdr* headers;
    size_t header_count;
    size_t tls_module; /* 0: none */
    function* init;
    function** init_array;
    size_t init_count;
    function* fini;
    function** fini_array;
    size_t fini_count;
    struct kiln_object* next_to_init; /* dependencies first */
    struct kiln_object**
        group; /* of one that was opened later: where dlsym looks, ended by null; itself is first */
    struct kiln_object* opened_by;   /* the object whose dlopen brought it; null: the program's start */
    struct kiln_object* next_global; /* in the order of symbol look-up */
    struct kiln_object* constructed_before;
    size_t is_global;
};

/* A word that takes what a function returns: R_X86_64_IRELATIVE. */
struct kiln_indirect {
    uintptr_t* where;
    uintptr_t (*resolver)(void);
};

/* Pages that become read-only when the indirect words are there. */
struct kiln_sealed {
    void* start;
    size_t length;
};

struct kiln_link {
    uintptr_t door;
    uintptr_t entry; /* the program's */
    struct kiln_object* objects;
    struct kiln_object* first_to_init;
    struct tls_module* tls_modules;
    size_t tls_count, tls_size, tls_align; /* of all blocks, also of older ones */
    size_t tls_in_every_thread;            /* up to this offset below the thread pointer */
    struct kiln_indirect* indirect;
    size_t indirect_count;
    struct kiln_sealed* sealed;
    size_t sealed_count;
    int malloc_replaced, aligned_alloc_replaced; /* by another object's functions */
};

/* The kernel's part of dlopen; numbers and structures as in loader/dynamic/startup.hh. */
#define SYS_kiln_open_library 500
#define SYS_kiln_undo_open 501

struct kiln_open_request {
    const char* name; /* null: the program */
    const void* caller;
    unsigned mode, message_size;
    char* message;
};

struct kiln_opened {
    struct kiln_object* object;
    struct kiln_object** group;
    struct kiln_link added;
};

extern struct kiln_link __kiln_link;

hidden void __kiln_finish_words(const struct kiln_link* link);
hidden void __kiln_construct(struct kiln_object* first);
hidden size_t __kiln_tls_size(const struct kiln_link* link);
hidden int __kiln_add_tls(const struct kiln_link* added);
hidden struct kiln_object* __kiln_object_at(uintptr_t address);

/* Held while libraries are opened, constructed and destroyed; their functions may open others. */
hidden void __kiln_lock_objects(void);
hidden void __kiln_unlock_objects(void);
#endif
