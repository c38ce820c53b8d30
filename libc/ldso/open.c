/* dlopen: the kernel maps and relocates, here a library gets its thread-local storage, its place in the lists
 * and its constructors (docs/libc.md). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "dynlink.h"
#include "link.h"
#include "pthread_impl.h"
#include "syscall.h"

#define RTLD_DEEPBIND 8
#define KNOWN_MODES (RTLD_LAZY | RTLD_NOW | RTLD_NOLOAD | RTLD_DEEPBIND | RTLD_GLOBAL | RTLD_NODELETE)

static pthread_mutex_t objects_lock = {{{[4] = PTHREAD_MUTEX_RECURSIVE}}}; /* its kind: libc/build.sh */

hidden void __kiln_lock_objects(void)
{
    pthread_mutex_lock(&objects_lock);
}

hidden void __kiln_unlock_objects(void)
{
    pthread_mutex_unlock(&objects_lock);
}

static void append(struct kiln_object* first)
{
    struct kiln_object* last = __kiln_link.objects;
    while (last->next)
        last = last->next;
    first->previous = last;
    a_barrier(); /* readers take no lock */
    last->next = first;
}

static void make_global(struct kiln_object** group)
{
    struct kiln_object* last = __kiln_link.objects;
    while (last->next_global)
        last = last->next_global;
    for (; *group; group++)
        if (!(*group)->is_global) {
            (*group)->is_global = 1;
            a_barrier();
            last->next_global = *group;
            last = *group;
        }
}

static struct kiln_object* open_locked(const char* file, int mode, const void* caller)
{
    char message[256] = "";
    struct kiln_open_request request = {file, caller, (unsigned)mode, sizeof message, message};
    struct kiln_opened opened;
    long error = __syscall(SYS_kiln_open_library, &request, &opened);
    if (error) {
        __dl_seterr("%s", message[0] ? message : strerror((int)-error));
        return 0;
    }
    struct kiln_object* object = opened.object;
    if (!object) /* RTLD_NOLOAD */
        return 0;
    if (!__kiln_add_tls(&opened.added)) {
        __syscall(SYS_kiln_undo_open);
        __dl_seterr("%s: no memory for thread-local storage", file);
        return 0;
    }
    __kiln_finish_words(&opened.added);
    object->group = opened.group;
    if (opened.added.objects)
        append(opened.added.objects);
    if (mode & RTLD_GLOBAL)
        make_global(object->group);
    __kiln_construct(opened.added.first_to_init);
    return object;
}

void* dlopen(const char* file, int mode)
{
    const void* caller = __builtin_return_address(0);
    if (!(mode & (RTLD_LAZY | RTLD_NOW)) || (mode & ~KNOWN_MODES)) {
        __dl_seterr("invalid mode for dlopen()");
        return 0;
    }
    if (!file || !*file)
        return __kiln_link.objects;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    __kiln_lock_objects();
    struct kiln_object* object = open_locked(file, mode, caller);
    __kiln_unlock_objects();
    pthread_setcancelstate(state, 0);
    return object;
}
