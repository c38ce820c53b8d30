// Ends by the end of its last thread, after main has left.
#include <pthread.h>
#include <unistd.h>

static void* stay(void* p)
{
    usleep(20000);
    return p;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, stay, 0);
    pthread_exit(0);
    return 0;
}
