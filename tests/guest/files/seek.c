// lseek: all whences, the ends of the range, holes, and what cannot seek.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

TEST(files, seek_whences)
{
    int fd = scratch_file("seek", "0123456789");
    CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
    CHECK_EQ(lseek(fd, 2, SEEK_CUR), 5);
    CHECK_EQ(lseek(fd, -1, SEEK_CUR), 4);
    CHECK_EQ(lseek(fd, -2, SEEK_END), 8);
    CHECK_EQ(lseek(fd, 100, SEEK_END), 110);
    char c = 'x';
    CHECK_EQ(read(fd, &c, 1), 0);
    CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK_ERR(lseek(fd, -111, SEEK_CUR), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 110); // a failed seek moves nothing
    CHECK_ERR(lseek(fd, 0, 99), EINVAL);
    CHECK_ERR(lseek(fd, LONG_MAX, SEEK_END), EINVAL);
    close(fd);
}

TEST(files, seek_holes_and_data)
{
    int fd = scratch_file("holes", "");
    CHECK_EQ(pwrite(fd, "x", 1, 1 << 20), 1);
    CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
    off_t data = lseek(fd, 0, SEEK_DATA);
    CHECK_RANGE(data, 0, 1 << 20); // a file system may take all for data
    CHECK_ERR(lseek(fd, (1 << 20) + 1, SEEK_DATA), ENXIO);
    CHECK_EQ(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 1);
    close(fd);
}

TEST(files, seek_impossible)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    CHECK_ERR(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
    CHECK_ERR(lseek(ends[1], 0, SEEK_SET), ESPIPE);
    char c;
    CHECK_ERR(pread(ends[0], &c, 1, 0), ESPIPE);
    CHECK_ERR(pwrite(ends[1], &c, 1, 0), ESPIPE);
    CHECK_EQ(posix_fadvise(ends[0], 0, 0, POSIX_FADV_SEQUENTIAL), ESPIPE);
    CHECK_ERR(ftruncate(ends[1], 0), EINVAL);
    close(ends[0]);
    close(ends[1]);
    CHECK_ERR(lseek(ends[0], 0, SEEK_CUR), EBADF);
}

TEST(files, seek_shared_by_duplicates)
{
    int fd = scratch_file("shared-offset", "abcdef");
    int twin = CHECK_OK(dup(fd));
    char text[4] = {0};
    CHECK_EQ(read(fd, text, 3), 3);
    CHECK_EQ(lseek(twin, 0, SEEK_CUR), 3);
    int other = CHECK_OK(open(scratch("shared-offset"), O_RDONLY));
    CHECK_EQ(lseek(other, 0, SEEK_CUR), 0);
    close(fd);
    close(twin);
    close(other);
}
