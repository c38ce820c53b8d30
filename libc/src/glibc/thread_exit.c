/* Destructors of C++ thread_local objects: last registered, first run, when the thread or the program ends. */
#include <pthread.h>
#include <stdlib.h>

struct entry {
    struct entry *next;
    void (*destroy)(void *);
    void *object;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void run(void *list)
{
    struct entry *e = list;
    while (e) {
        pthread_setspecific(key, e->next); /* a destructor may register another */
        e->destroy(e->object);
        free(e);
        e = pthread_getspecific(key);
    }
}

static void run_of_this_thread(void)
{
    run(pthread_getspecific(key));
}

static void start(void)
{
    pthread_key_create(&key, run);
    atexit(run_of_this_thread); /* the first thread's: it does not end, the program does */
}

int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library)
{
    (void)library;
    pthread_once(&once, start);
    struct entry *e = malloc(sizeof *e);
    if (!e)
        return -1;
    *e = (struct entry){pthread_getspecific(key), destroy, object};
    pthread_setspecific(key, e);
    return 0;
}
