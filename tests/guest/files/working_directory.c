// getcwd, chdir, fchdir, and relative names.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(files, working_directory)
{
    char before[512], now[512];
    REQUIRE(getcwd(before, sizeof before));
    remove_tree(scratch("cwd"));
    CHECK_OK(mkdir(scratch("cwd"), 0755));
    int home = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
    CHECK_OK(chdir(scratch("cwd")));
    REQUIRE(getcwd(now, sizeof now));
    CHECK_STR(now, scratch("cwd"));
    int fd = CHECK_OK(open("here", O_RDWR | O_CREAT, 0600));
    close(fd);
    CHECK_OK(access(scratch("cwd/here"), F_OK));
    CHECK_OK(chdir(".."));
    CHECK_OK(access("cwd/here", F_OK));
    CHECK_OK(fchdir(home));
    REQUIRE(getcwd(now, sizeof now));
    CHECK_STR(now, before);
    close(home);
}

TEST(files, working_directory_errors)
{
    char text[512];
    close(scratch_file("plain", "x"));
    CHECK_ERR(chdir(scratch("none")), ENOENT);
    CHECK_ERR(chdir(scratch("plain")), ENOTDIR);
    CHECK_ERR(chdir(""), ENOENT);
    CHECK_ERR(fchdir(-1), EBADF);
    int fd = CHECK_OK(open(scratch("plain"), O_RDONLY));
    CHECK_ERR(fchdir(fd), ENOTDIR);
    close(fd);
    CHECK_ERR(syscall(SYS_getcwd, text, 1), ERANGE);
    CHECK_ERR(syscall(SYS_getcwd, (char*)8, 512), EFAULT);
    CHECK(syscall(SYS_getcwd, text, sizeof text) == (long)strlen(text) + 1); // counts the zero
}

TEST(files, working_directory_removed)
{
    char text[512];
    int home = CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
    remove_tree(scratch("lost"));
    CHECK_OK(mkdir(scratch("lost"), 0755));
    CHECK_OK(chdir(scratch("lost")));
    CHECK_OK(rmdir(scratch("lost")));
    CHECK_ERR(syscall(SYS_getcwd, text, sizeof text), ENOENT);
    CHECK_ERR(open("new", O_RDWR | O_CREAT, 0600), ENOENT);
    CHECK_OK(chdir(".."));
    CHECK_OK(fchdir(home));
    close(home);
}
