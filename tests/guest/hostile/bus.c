// Reads a mapped file beyond its end.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    char* p = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    return *(volatile char*)p;
}
