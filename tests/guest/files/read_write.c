// read, write and their vector and positioned forms.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

TEST(files, read_write_basic)
{
    int fd = scratch_file("basic", "");
    char text[16] = {0};
    CHECK_EQ(write(fd, "hello world", 11), 11);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(read(fd, text, 5), 5);
    CHECK_STR(text, "hello");
    CHECK_EQ(read(fd, text, 16), 6);
    CHECK_EQ(read(fd, text, 16), 0);
    CHECK_EQ(write(fd, text, 0), 0);
    CHECK_EQ(read(fd, text, 0), 0);
    close(fd);
}

TEST(files, read_write_positioned)
{
    int fd = scratch_file("positioned", "0123456789");
    char text[8] = {0};
    CHECK_EQ(pread(fd, text, 3, 4), 3);
    CHECK_STR(text, "456");
    CHECK_EQ(pwrite(fd, "AB", 2, 0), 2);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_EQ(read(fd, text, 3), 3);
    CHECK_STR(text, "AB2");
    CHECK_EQ(pread(fd, text, 3, 100), 0);
    CHECK_ERR(pread(fd, text, 3, -1), EINVAL);
    CHECK_ERR(pwrite(fd, text, 3, -1), EINVAL);
    close(fd);
}

TEST(files, read_write_vectors)
{
    int fd = scratch_file("vectors", "");
    char a[4] = {0}, b[8] = {0};
    struct iovec out[3] = {{"one", 3}, {NULL, 0}, {"three", 5}};
    CHECK_EQ(writev(fd, out, 3), 8);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    struct iovec in[2] = {{a, 3}, {b, 7}};
    CHECK_EQ(readv(fd, in, 2), 8);
    CHECK_STR(a, "one");
    CHECK_STR(b, "three");
    CHECK_EQ(preadv(fd, in, 2, 3), 5);
    CHECK_STR(a, "thr");
    CHECK_EQ(pwritev(fd, out, 1, 20), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 23);
    CHECK_EQ(readv(fd, in, 0), 0);
    CHECK_ERR(readv(fd, in, -1), EINVAL);
    CHECK_ERR(readv(fd, in, IOV_MAX + 1), EINVAL);
    struct iovec negative = {a, SIZE_MAX};
    CHECK_ERR(writev(fd, &negative, 1), EINVAL);
    CHECK_ERR(writev(fd, (struct iovec*)1, 1), EFAULT);
    close(fd);
}

TEST(files, read_write_bad_pointers)
{
    int fd = scratch_file("bad-pointers", "content");
    CHECK_ERR(read(fd, (void*)8, 4), EFAULT);
    CHECK_ERR(write(fd, (void*)8, 4), EFAULT);
    CHECK_ERR(read(fd, (void*)0xffff800000000000, 4), EFAULT);
    CHECK_ERR(write(fd, (void*)0xffff800000000000, 4), EFAULT);
    CHECK_ERR(write(fd, (void*)0x8000000000000000, 4), EFAULT);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    close(fd);
}

TEST(files, read_write_partly_bad_vector)
{
    int fd = scratch_file("partly-bad", "");
    struct iovec out[2] = {{"good", 4}, {(void*)8, 4}};
    CHECK_EQ(writev(fd, out, 2), 4); // what came before the bad part counts
    close(fd);
}

TEST(files, read_write_gap_is_zero)
{
    int fd = scratch_file("gap", "");
    char text[64];
    CHECK_EQ(pwrite(fd, "end", 3, 10000), 3);
    memset(text, 1, sizeof text);
    CHECK_EQ(pread(fd, text, 64, 5000), 64);
    for (size_t i = 0; i < sizeof text; i++)
        if (!CHECK_EQ(text[i], 0))
            break;
    close(fd);
}

TEST(files, append_writes_at_end)
{
    close(scratch_file("append", "start"));
    int fd = CHECK_OK(open(scratch("append"), O_RDWR | O_APPEND));
    char text[32] = {0};
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(write(fd, "+1", 2), 2);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
    CHECK_EQ(pwrite(fd, "+2", 2, 0), 2); // Linux: O_APPEND wins over the position
    CHECK_EQ(pread(fd, text, 31, 0), 9);
    CHECK_STR(text, "start+1+2");
    CHECK_OK(fcntl(fd, F_SETFL, 0));
    CHECK_EQ(pwrite(fd, "S", 1, 0), 1);
    CHECK_EQ(pread(fd, text, 1, 0), 1);
    CHECK_EQ(text[0], 'S');
    close(fd);
}

static void* append_lines(void* argument)
{
    int fd = *(int*)argument;
    for (int i = 0; i < 200; i++)
        CHECK_EQ(write(fd, "0123456789abcdef", 16), 16);
    return NULL;
}

TEST(files, append_is_atomic)
{
    close(scratch_file("append-atomic", ""));
    int fds[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = CHECK_OK(open(scratch("append-atomic"), O_RDWR | O_APPEND));
        threads[i] = start_thread(append_lines, &fds[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    char text[17] = {0};
    for (int i = 0; i < 800; i++)
        if (!CHECK_EQ(pread(fds[0], text, 16, i * 16), 16) || !CHECK_STR(text, "0123456789abcdef"))
            break;
    CHECK_EQ(lseek(fds[0], 0, SEEK_END), 800 * 16);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

TEST(files, large_transfer)
{
    enum { SIZE = 3 << 20 };
    char* out = map_pages(SIZE / PAGE);
    char* in = map_pages(SIZE / PAGE);
    REQUIRE(out && in);
    for (int i = 0; i < SIZE; i++)
        out[i] = (char)(i * 7 + i / 4096);
    int fd = scratch_file("large", "");
    CHECK_EQ(write(fd, out, SIZE), SIZE);
    CHECK_EQ(pread(fd, in, SIZE, 0), SIZE);
    CHECK_EQ(memcmp(in, out, SIZE), 0);
    CHECK_OK(fsync(fd));
    CHECK_OK(fdatasync(fd));
    close(fd);
    munmap(out, SIZE);
    munmap(in, SIZE);
}

TEST(files, read_from_folder)
{
    char c;
    int fd = CHECK_OK(open("/tmp", O_RDONLY));
    CHECK_ERR(read(fd, &c, 1), EISDIR);
    CHECK_ERR(write(fd, &c, 1), EBADF);
    close(fd);
}

TEST(files, character_devices)
{
    char bytes[64];
    int zero = CHECK_OK(open("/dev/zero", O_RDWR)), null = CHECK_OK(open("/dev/null", O_RDWR));
    int full = CHECK_OK(open("/dev/full", O_RDWR)), random = CHECK_OK(open("/dev/urandom", O_RDONLY));
    memset(bytes, 1, sizeof bytes);
    CHECK_EQ(read(zero, bytes, 64), 64);
    CHECK_EQ(bytes[0] | bytes[63], 0);
    CHECK_EQ(read(null, bytes, 64), 0);
    CHECK_EQ(write(null, bytes, 64), 64);
    CHECK_EQ(write(zero, bytes, 64), 64);
    CHECK_ERR(write(full, bytes, 64), ENOSPC);
    CHECK_EQ(read(full, bytes, 64), 64);
    CHECK_EQ(read(random, bytes, 64), 64);
    char other[64];
    CHECK_EQ(read(random, other, 64), 64);
    CHECK(memcmp(bytes, other, 64) != 0);
    struct stat st;
    CHECK_OK(fstat(null, &st));
    CHECK(S_ISCHR(st.st_mode));
    CHECK_EQ(st.st_rdev, 0x103);
    CHECK_EQ(lseek(null, 5, SEEK_SET), 0);
    close(zero);
    close(null);
    close(full);
    close(random);
}
