// open and openat: flags, and every errno that programs have been seen to rely on.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(files, open_create_and_exclusive)
{
    const char* path = scratch("exclusive");
    remove_tree(path);
    CHECK_ERR(open(path, O_RDWR), ENOENT);
    int fd = CHECK_OK(open(path, O_RDWR | O_CREAT | O_EXCL, 0640));
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0640);
    CHECK_EQ(st.st_size, 0);
    CHECK_EQ(st.st_nlink, 1);
    CHECK_OK(close(fd));
    CHECK_ERR(open(path, O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
    fd = CHECK_OK(open(path, O_RDWR | O_CREAT, 0600));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0640); // the mode counts only at creation
    close(fd);
}

TEST(files, open_lowest_descriptor)
{
    int a = CHECK_OK(open("/dev/null", O_RDONLY));
    int b = CHECK_OK(open("/dev/null", O_RDONLY));
    CHECK(b > a);
    close(a);
    CHECK_EQ(open("/dev/null", O_RDONLY), a);
    close(a);
    close(b);
}

TEST(files, open_truncate)
{
    close(scratch_file("truncated", "hello"));
    int fd = CHECK_OK(open(scratch("truncated"), O_WRONLY | O_TRUNC));
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 0);
    close(fd);
}

TEST(files, open_access_modes)
{
    char c;
    close(scratch_file("modes", "x"));
    int r = CHECK_OK(open(scratch("modes"), O_RDONLY));
    int w = CHECK_OK(open(scratch("modes"), O_WRONLY));
    CHECK_ERR(write(r, "y", 1), EBADF);
    CHECK_ERR(read(w, &c, 1), EBADF);
    CHECK_EQ(fcntl(r, F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(w, F_GETFL) & O_ACCMODE, O_WRONLY);
    CHECK_ERR(ftruncate(r, 0), EINVAL);
    close(r);
    close(w);
}

TEST(files, open_errors)
{
    char longer[NAME_MAX + 2], longest[PATH_MAX + 8];
    close(scratch_file("plain", "x"));
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    CHECK_ERR(open("", O_RDONLY), ENOENT);
    CHECK_ERR(open("/no/such/file", O_RDONLY), ENOENT);
    CHECK_ERR(open(scratch("plain/below"), O_RDONLY), ENOTDIR);
    CHECK_ERR(open(scratch("plain/"), O_RDONLY), ENOTDIR);
    CHECK_ERR(open(scratch("plain"), O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERR(open("/tmp", O_WRONLY), EISDIR);
    CHECK_ERR(open("/tmp", O_RDWR), EISDIR);
    CHECK_ERR(open("/tmp", O_RDONLY | O_CREAT, 0600), EISDIR);
    CHECK_ERR(open(scratch(longer), O_RDONLY), ENAMETOOLONG);
    CHECK_ERR(open(longest, O_RDONLY), ENAMETOOLONG);
    CHECK_ERR(open((char*)1, O_RDONLY), EFAULT);
    CHECK_ERR(openat(-1, "plain", O_RDONLY), EBADF);
    CHECK_ERR(open(scratch("none/new"), O_RDWR | O_CREAT, 0600), ENOENT);
}

// Wherever a name ends, what lies behind its last byte is not touched.
TEST(files, open_name_at_the_end_of_a_page)
{
    char* pages = map_pages(2);
    CHECK(pages != NULL);
    CHECK_OK(mprotect(pages + PAGE, PAGE, PROT_NONE));
    for (size_t length = 1; length <= 24; length++) {
        char* name = pages + PAGE - length - 1;
        memset(name, 'x', length);
        name[length] = 0;
        CHECK_ERR(open(name, O_RDONLY), ENOENT);
        name[length] = 'x';
        CHECK_ERR(open(name, O_RDONLY), EFAULT);
        CHECK_ERR(open(name + length, O_RDONLY), EFAULT);
    }
    CHECK_OK(munmap(pages, 2 * PAGE));
}

TEST(files, openat_relative)
{
    close(scratch_file("relative", "x"));
    int folder = CHECK_OK(open(scratch("."), O_RDONLY | O_DIRECTORY));
    int fd = CHECK_OK(openat(folder, "relative", O_RDONLY));
    CHECK_ERR(openat(fd, "below", O_RDONLY), ENOTDIR);
    close(fd);
    fd = CHECK_OK(openat(-1, "/dev/null", O_RDONLY)); // absolute: the descriptor does not count
    close(fd);
    close(folder);
}

TEST(files, open_nofollow)
{
    const char* link = scratch("nofollow");
    close(scratch_file("target", "x"));
    remove_tree(link);
    CHECK_OK(symlink("target", link));
    CHECK_ERR(open(link, O_RDONLY | O_NOFOLLOW), ELOOP);
    int fd = CHECK_OK(open(link, O_RDONLY));
    close(fd);
    fd = CHECK_OK(open(link, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK(S_ISLNK(st.st_mode));
    close(fd);
    CHECK_ERR(open(link, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST); // does not follow
}

TEST(files, open_dangling_link_creates)
{
    const char* link = scratch("dangling");
    remove_tree(link);
    remove_tree(scratch("made-by-link"));
    CHECK_OK(symlink("made-by-link", link));
    CHECK_ERR(open(link, O_RDONLY), ENOENT);
    int fd = CHECK_OK(open(link, O_RDWR | O_CREAT, 0600));
    close(fd);
    CHECK_OK(access(scratch("made-by-link"), F_OK));
}

TEST(files, open_path_only)
{
    char c;
    close(scratch_file("path-only", "x"));
    int fd = CHECK_OK(open(scratch("path-only"), O_PATH | O_CLOEXEC));
    CHECK_ERR(read(fd, &c, 1), EBADF);
    CHECK_ERR(write(fd, "x", 1), EBADF);
    CHECK_ERR(lseek(fd, 0, SEEK_SET), EBADF);
    CHECK_ERR(fchmod(fd, 0600), EBADF);
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 1);
    close(fd);
}

TEST(files, open_close_on_exec)
{
    int fd = CHECK_OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_OK(fcntl(fd, F_SETFD, 0));
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

TEST(files, open_unlinked_temporary)
{
    int fd = CHECK_OK(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    REQUIRE(fd >= 0);
    struct stat st;
    char text[8] = {0};
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    CHECK(S_ISREG(st.st_mode));
    CHECK_EQ(write(fd, "hidden", 6), 6);
    CHECK_EQ(pread(fd, text, 6, 0), 6);
    CHECK_STR(text, "hidden");
    CHECK_ERR(open("/tmp", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    close(fd);
}

TEST(files, open_fifo_without_reader)
{
    const char* path = scratch("fifo");
    remove_tree(path);
    CHECK_OK(mkfifo(path, 0600));
    CHECK_ERR(open(path, O_WRONLY | O_NONBLOCK), ENXIO);
    int r = CHECK_OK(open(path, O_RDONLY | O_NONBLOCK));
    int w = CHECK_OK(open(path, O_WRONLY | O_NONBLOCK));
    CHECK_EQ(write(w, "ab", 2), 2);
    char text[4] = {0};
    CHECK_EQ(read(r, text, 4), 2);
    CHECK_STR(text, "ab");
    CHECK_ERR(read(r, text, 4), EAGAIN);
    close(w);
    CHECK_EQ(read(r, text, 4), 0);
    close(r);
}

TEST(files, close_twice)
{
    int fd = CHECK_OK(open("/dev/null", O_RDONLY));
    CHECK_OK(close(fd));
    CHECK_ERR(close(fd), EBADF);
    CHECK_ERR(close(-1), EBADF);
    CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
    struct stat st;
    CHECK_ERR(fstat(fd, &st), EBADF);
}
