// For the tests of the streams: copies standard input to standard output byte for byte, and says on standard
// error how many there were. With an argument N, writes N bytes of a known pattern to each output instead.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char block[65536];

static int write_all(int fd, const char* p, size_t length)
{
    while (length) {
        ssize_t n = write(fd, p, length);
        if (n <= 0)
            return -1;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

static int write_pattern(int fd, unsigned long length)
{
    for (unsigned long at = 0; at < length;) {
        size_t n = length - at < sizeof block ? length - at : sizeof block;
        for (size_t i = 0; i < n; i++)
            block[i] = (char)((at + i) * 7 + (at + i) / 253);
        if (write_all(fd, block, n) != 0)
            return -1;
        at += n;
    }
    return 0;
}

int main(int argc, char** argv)
{
    unsigned long total = 0;
    if (argc > 1) {
        unsigned long length = strtoul(argv[1], NULL, 10);
        return write_pattern(1, length) != 0 || write_pattern(2, length) != 0;
    }
    for (ssize_t n; (n = read(0, block, sizeof block)) > 0; total += (unsigned long)n)
        if (write_all(1, block, (size_t)n) != 0)
            return 1;
    fprintf(stderr, "%lu bytes\n", total);
    return 0;
}
