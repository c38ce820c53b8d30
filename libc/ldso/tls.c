/* Thread-local storage of a library that is opened while threads run.
 *
 * A new thread gets all blocks below its thread pointer. A thread that runs already has room for some there,
 * which every thread has (the kernel's linker decides which); for the others it gets memory of its own. The
 * pointers to blocks, which
 * __tls_get_addr reads without a lock, are replaced by a longer row; the old one stays, because somebody may
 * be reading it. */
#include <string.h>
#include <sys/mman.h>

#include "link.h"
#include "pthread_impl.h"

/* Block i of a thread that had none, at `memory` or in its place below the thread pointer. */
static char* place(const struct tls_module* m, pthread_t thread, char** memory)
{
    char* block;
    if (m->offset <= __kiln_link.tls_in_every_thread) {
        block = (char*)thread - m->offset;
    } else {
        uintptr_t mask = m->align - 1, congruent = (uintptr_t)m->image & mask;
        block = *memory + ((congruent - (uintptr_t)*memory) & mask);
        *memory = block + m->size;
    }
    memcpy(block, m->image, m->len);
    return block;
}

static char* lengthen(pthread_t thread, const struct kiln_link* added, char* memory)
{
    uintptr_t* row = (uintptr_t*)memory;
    size_t i = thread->dtv[0] + 1;
    memcpy(row, thread->dtv, i * sizeof *row);
    row[0] = added->tls_count;
    memory += (added->tls_count + 1) * sizeof *row;
    for (const struct tls_module* m = added->tls_modules; m; m = m->next)
        row[i++] = (uintptr_t)place(m, thread, &memory);
    a_barrier();
    thread->dtv = row;
    return (char*)(((uintptr_t)memory + sizeof *row - 1) & -sizeof *row);
}

static void append(const struct kiln_link* added)
{
    struct tls_module** end = &libc.tls_head;
    while (*end)
        end = &(*end)->next;
    *end = added->tls_modules;
    libc.tls_cnt = added->tls_count;
    libc.tls_align = added->tls_align;
    libc.tls_size = __kiln_tls_size(added);
}

/* All or nothing; 0: no memory. */
hidden int __kiln_add_tls(const struct kiln_link* added)
{
    if (!added->tls_modules)
        return 1;
    size_t each = (added->tls_count + 2) * sizeof(uintptr_t);
    for (const struct tls_module* m = added->tls_modules; m; m = m->next)
        each += m->size + m->align;
    __inhibit_ptc(); /* no thread begins, so there will not be more than there are now */
    size_t length = each * ((size_t)libc.threads_minus_1 + 1);
    char* memory = mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        sigset_t set;
        __block_app_sigs(&set);
        __tl_lock();
        pthread_t self = __pthread_self(), thread = self;
        do {
            memory = lengthen(thread, added, memory);
            thread = thread->next;
        } while (thread != self);
        append(added);
        __tl_unlock();
        __restore_sigs(&set);
    }
    __release_ptc();
    return memory != MAP_FAILED;
}
