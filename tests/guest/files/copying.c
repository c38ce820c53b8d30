// copy_file_range and sendfile.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static void expect_text(int fd, const char* want)
{
    char text[64] = {0};
    CHECK_OK(pread(fd, text, sizeof text - 1, 0));
    CHECK_STR(text, want);
}

TEST(files, copy_file_range)
{
    int from = scratch_file("copy-from", "0123456789"), to = scratch_file("copy-to", "");
    off_t in = 2, out = 0;
    CHECK_EQ(copy_file_range(from, &in, to, &out, 4, 0), 4);
    CHECK_EQ(in, 6);
    CHECK_EQ(out, 4);
    expect_text(to, "2345");
    CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
    CHECK_EQ(copy_file_range(from, NULL, to, NULL, 100, 0), 10);
    expect_text(to, "0123456789");
    CHECK_EQ(copy_file_range(from, NULL, to, NULL, 100, 0), 0);
    CHECK_ERR(copy_file_range(from, NULL, to, NULL, 1, 1), EINVAL);
    CHECK_ERR(copy_file_range(-1, NULL, to, NULL, 1, 0), EBADF);
    in = 0, out = 5;
    CHECK_EQ(copy_file_range(from, &in, from, &out, 5, 0), 5); // apart in one file
    expect_text(from, "0123401234");
    in = 0, out = 2;
    CHECK_ERR(copy_file_range(from, &in, from, &out, 5, 0), EINVAL); // overlapping
    close(from);
    close(to);
}

TEST(files, copy_file_range_refused)
{
    int ends[2], fd = scratch_file("copy-from", "0123");
    CHECK_OK(pipe(ends));
    CHECK_ERR(copy_file_range(fd, NULL, ends[1], NULL, 4, 0), EINVAL);
    int appender = CHECK_OK(open(scratch("copy-to"), O_RDWR | O_CREAT | O_APPEND, 0600));
    CHECK_ERR(copy_file_range(fd, NULL, appender, NULL, 4, 0), EBADF);
    int folder = CHECK_OK(open("/tmp", O_RDONLY));
    CHECK_ERR(copy_file_range(folder, NULL, fd, NULL, 4, 0), EISDIR);
    close(folder);
    close(appender);
    close(ends[0]);
    close(ends[1]);
    close(fd);
}

TEST(files, sendfile_between_files)
{
    int from = scratch_file("send-from", "0123456789"), to = scratch_file("send-to", "");
    off_t in = 3;
    CHECK_EQ(sendfile(to, from, &in, 4), 4);
    CHECK_EQ(in, 7);
    expect_text(to, "3456");
    CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
    CHECK_EQ(sendfile(to, from, NULL, 100), 10);
    CHECK_EQ(lseek(from, 0, SEEK_CUR), 10);
    expect_text(to, "34560123456789");
    CHECK_EQ(sendfile(to, from, NULL, 100), 0);
    close(from);
    close(to);
}

TEST(files, sendfile_to_pipe)
{
    int ends[2], from = scratch_file("send-from", "0123456789");
    char text[16] = {0};
    CHECK_OK(pipe(ends));
    CHECK_EQ(sendfile(ends[1], from, NULL, 10), 10);
    CHECK_EQ(read(ends[0], text, 15), 10);
    CHECK_STR(text, "0123456789");
    CHECK_ERR(sendfile(ends[0], from, NULL, 10), EBADF);
    CHECK_ERR(sendfile(ends[1], -1, NULL, 10), EBADF);
    close(ends[0]);
    close(ends[1]);
    close(from);
}

TEST(files, sendfile_large)
{
    enum { SIZE = 1 << 20 };
    int from = scratch_file("send-from", ""), to = scratch_file("send-to", "");
    char* bytes = map_pages(SIZE / PAGE);
    char* copy = map_pages(SIZE / PAGE);
    REQUIRE(bytes && copy);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)(i ^ (i >> 9));
    CHECK_EQ(write(from, bytes, SIZE), SIZE);
    off_t in = 0;
    CHECK_EQ(sendfile(to, from, &in, SIZE + 100), SIZE);
    CHECK_EQ(pread(to, copy, SIZE, 0), SIZE);
    CHECK_EQ(memcmp(bytes, copy, SIZE), 0);
    munmap(bytes, SIZE);
    munmap(copy, SIZE);
    close(from);
    close(to);
}
