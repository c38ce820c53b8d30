// Files in a folder (argument 1, /tmp): creating, reading and writing what is in memory.
#include "micro.h"

#include <fcntl.h>
#include <sys/stat.h>

static char path[512], block[1 << 20];

static int create_unlink(uint64_t count, void* unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
        if (fd < 0)
            return -1;
        close(fd);
        if (unlink(path) != 0)
            return -1;
    }
    return 0;
}

static int small_file(uint64_t count, void* unused)
{
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
        if (fd < 0 || write(fd, block, 4096) != 4096 || pread(fd, block, 4096, 0) != 4096)
            return -1;
        close(fd);
        if (unlink(path) != 0)
            return -1;
    }
    return 0;
}

static int read_page(uint64_t count, void* fd)
{
    for (uint64_t i = 0; i < count; i++)
        if (pread((int)(intptr_t)fd, block, 4096, (off_t)(i & 255) * 4096) != 4096)
            return -1;
    return 0;
}

static int write_page(uint64_t count, void* fd)
{
    for (uint64_t i = 0; i < count; i++)
        if (pwrite((int)(intptr_t)fd, block, 4096, (off_t)(i & 255) * 4096) != 4096)
            return -1;
    return 0;
}

static int read_all(uint64_t count, void* fd)
{
    for (uint64_t i = 0; i < count; i++)
        if (pread((int)(intptr_t)fd, block, sizeof block, 0) != (ssize_t)sizeof block)
            return -1;
    return 0;
}

static int write_all(uint64_t count, void* fd)
{
    for (uint64_t i = 0; i < count; i++)
        if (pwrite((int)(intptr_t)fd, block, sizeof block, 0) != (ssize_t)sizeof block)
            return -1;
    return 0;
}

int main(int argc, char** argv)
{
    const char* folder = argc > 1 ? argv[1] : "/tmp";
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/micro-file", folder);
    memset(block, 7, sizeof block);
    benchmark("file.create_unlink", create_unlink, NULL);
    benchmark("file.create_write4k_read4k_unlink", small_file, NULL);
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (fd < 0 || write(fd, block, sizeof block) != (ssize_t)sizeof block) {
        print_impossible("file.pread4k_cached", folder);
        return 1;
    }
    benchmark("file.pread4k_cached", read_page, (void*)(intptr_t)fd);
    benchmark("file.pwrite4k_overwrite", write_page, (void*)(intptr_t)fd);
    benchmark_bytes("file.read1MiB_cached", read_all, (void*)(intptr_t)fd, sizeof block);
    benchmark_bytes("file.write1MiB_overwrite", write_all, (void*)(intptr_t)fd, sizeof block);
    close(fd);
    unlink(path);
    return 0;
}
