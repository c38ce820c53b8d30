// Ends its program from a second thread while the first waits.
#include <pthread.h>
#include <stdlib.h>

static void* leave(void* p)
{
    exit(42);
    return p;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, leave, 0);
    pthread_join(thread, 0);
    return 0;
}
