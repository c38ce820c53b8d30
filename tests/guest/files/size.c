// truncate, ftruncate and fallocate.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

static off_t size_of(int fd)
{
    struct stat st = {.st_size = -1};
    fstat(fd, &st);
    return st.st_size;
}

TEST(files, truncate_shrinks_and_grows)
{
    int fd = scratch_file("resize", "0123456789");
    char text[32];
    CHECK_OK(ftruncate(fd, 4));
    CHECK_EQ(size_of(fd), 4);
    CHECK_OK(ftruncate(fd, 10));
    CHECK_EQ(pread(fd, text, 32, 0), 10);
    CHECK_EQ(memcmp(text, "0123\0\0\0\0\0\0", 10), 0); // what was cut does not come back
    CHECK_OK(truncate(scratch("resize"), 1));
    CHECK_EQ(size_of(fd), 1);
    CHECK_ERR(ftruncate(fd, -1), EINVAL);
    CHECK_ERR(truncate(scratch("no-such"), 0), ENOENT);
    CHECK_ERR(truncate("/tmp", 0), EISDIR);
    close(fd);
    CHECK_ERR(ftruncate(fd, 0), EBADF);
}

TEST(files, truncate_far)
{
    int fd = scratch_file("sparse", "");
    CHECK_OK(ftruncate(fd, INT64_C(1) << 33));
    CHECK_EQ(size_of(fd), INT64_C(1) << 33);
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_RANGE(st.st_blocks, 0, 1000); // and costs nothing
    char c = 1;
    CHECK_EQ(pread(fd, &c, 1, (INT64_C(1) << 33) - 1), 1);
    CHECK_EQ(c, 0);
    close(fd);
}

TEST(files, allocate)
{
    int fd = scratch_file("allocate", "abc");
    CHECK_OK(fallocate(fd, 0, 0, 20000));
    CHECK_EQ(size_of(fd), 20000);
    CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 40000));
    CHECK_EQ(size_of(fd), 20000);
    CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
    CHECK_ERR(fallocate(fd, 0, -1, 10), EINVAL);
    CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP); // needs KEEP_SIZE
    CHECK_EQ(posix_fallocate(fd, 0, 30000), 0);
    CHECK_EQ(size_of(fd), 30000);
    close(fd);
    CHECK_ERR(fallocate(fd, 0, 0, 10), EBADF);
}

TEST(files, allocate_punch_hole)
{
    int fd = scratch_file("punch", "");
    char block[4096], text[4096];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(write(fd, block, 4096), 4096);
    CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096 + 100, 4096));
    CHECK_EQ(size_of(fd), 4 * 4096);
    CHECK_EQ(pread(fd, text, 4096, 4096), 4096);
    CHECK_EQ(text[99], 'x');
    CHECK_EQ(text[100], 0);
    CHECK_EQ(pread(fd, text, 4096, 2 * 4096), 4096);
    CHECK_EQ(text[99], 0);
    CHECK_EQ(text[100], 'x');
    close(fd);
}
