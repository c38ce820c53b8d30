// Writes through a null pointer in a second thread.
#include <pthread.h>

static void* die(void* p)
{
    return *(void* volatile*)p = 0;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, die, 0);
    pthread_join(thread, 0);
    return 0;
}
