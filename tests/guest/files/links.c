// unlink, link, symlink, readlink, and the limits of following.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(files, unlink_open_file)
{
    int fd = scratch_file("unlinked", "still here");
    CHECK_OK(unlink(scratch("unlinked")));
    CHECK_ERR(unlink(scratch("unlinked")), ENOENT);
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    char text[16] = {0};
    CHECK_EQ(read(fd, text, 15), 10);
    CHECK_STR(text, "still here");
    CHECK_EQ(write(fd, "more", 4), 4);
    close(fd);
}

TEST(files, unlink_refused)
{
    close(scratch_file("plain", "x"));
    CHECK_ERR(unlink(scratch(".")), EISDIR);
    CHECK_OK(mkdir(scratch("unlinked-folder"), 0755));
    CHECK_ERR(unlink(scratch("unlinked-folder")), EISDIR);
    CHECK_OK(rmdir(scratch("unlinked-folder")));
    CHECK_ERR(unlink(scratch("plain/x")), ENOTDIR);
    CHECK_ERR(unlink(""), ENOENT);
    CHECK_ERR(unlinkat(AT_FDCWD, scratch("none"), AT_REMOVEDIR), ENOENT);
    CHECK_ERR(unlinkat(AT_FDCWD, scratch("plain"), AT_REMOVEDIR), ENOTDIR);
    CHECK_ERR(unlinkat(AT_FDCWD, scratch("plain"), 0x40000000), EINVAL);
    CHECK_ERR(unlinkat(-1, "plain", 0), EBADF);
}

TEST(files, hard_links)
{
    struct stat a, b;
    remove_tree(scratch("twin"));
    close(scratch_file("original", "x"));
    CHECK_OK(link(scratch("original"), scratch("twin")));
    CHECK_OK(stat(scratch("original"), &a));
    CHECK_OK(stat(scratch("twin"), &b));
    CHECK_EQ(a.st_ino, b.st_ino);
    CHECK_EQ(a.st_nlink, 2);
    CHECK_ERR(link(scratch("original"), scratch("twin")), EEXIST);
    CHECK_ERR(link(scratch("none"), scratch("other")), ENOENT);
    CHECK_ERR(link(scratch("."), scratch("other")), EPERM);
    CHECK_OK(unlink(scratch("original")));
    CHECK_OK(stat(scratch("twin"), &b));
    CHECK_EQ(b.st_nlink, 1);
}

TEST(files, hard_link_to_symlink)
{
    struct stat st;
    remove_tree(scratch("hard"));
    remove_tree(scratch("soft"));
    close(scratch_file("target", "x"));
    CHECK_OK(symlink("target", scratch("soft")));
    CHECK_OK(link(scratch("soft"), scratch("hard"))); // not followed
    CHECK_OK(lstat(scratch("hard"), &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_OK(unlink(scratch("hard")));
    CHECK_OK(linkat(AT_FDCWD, scratch("soft"), AT_FDCWD, scratch("hard"), AT_SYMLINK_FOLLOW));
    CHECK_OK(lstat(scratch("hard"), &st));
    CHECK(S_ISREG(st.st_mode));
}

TEST(files, link_from_descriptor)
{
    remove_tree(scratch("named"));
    int fd = CHECK_OK(open(scratch("."), O_TMPFILE | O_RDWR, 0600));
    REQUIRE(fd >= 0);
    CHECK_EQ(write(fd, "x", 1), 1);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, scratch("named"), AT_SYMLINK_FOLLOW));
    struct stat st;
    CHECK_OK(stat(scratch("named"), &st));
    CHECK_EQ(st.st_size, 1);
    close(fd);
}

TEST(files, symlink_text)
{
    char text[32];
    struct stat st;
    remove_tree(scratch("soft"));
    CHECK_OK(symlink("../any/where", scratch("soft")));
    memset(text, '#', sizeof text);
    CHECK_EQ(readlink(scratch("soft"), text, sizeof text), 12);
    CHECK_EQ(memcmp(text, "../any/where#", 13), 0); // no terminating zero
    CHECK_EQ(readlink(scratch("soft"), text, 4), 4);
    CHECK_ERR(readlink(scratch("soft"), text, 0), EINVAL);
    CHECK_OK(lstat(scratch("soft"), &st));
    CHECK_EQ(st.st_size, 12);
    CHECK_EQ(st.st_mode, S_IFLNK | 0777);
    CHECK_ERR(stat(scratch("soft"), &st), ENOENT);
    CHECK_ERR(symlink("x", scratch("soft")), EEXIST);
    CHECK_ERR(symlink("", scratch("soft2")), ENOENT);
    CHECK_ERR(symlink("x", scratch("none/soft")), ENOENT);
}

TEST(files, readlink_refused)
{
    char text[32];
    close(scratch_file("plain", "x"));
    CHECK_ERR(readlink(scratch("plain"), text, 32), EINVAL);
    CHECK_ERR(readlink("/tmp", text, 32), EINVAL);
    CHECK_ERR(readlink(scratch("none"), text, 32), ENOENT);
    CHECK_ERR(readlink(scratch("plain/x"), text, 32), ENOTDIR);
}

TEST(files, symlink_loops)
{
    remove_tree(scratch("loop-a"));
    remove_tree(scratch("loop-b"));
    remove_tree(scratch("self"));
    CHECK_OK(symlink("loop-b", scratch("loop-a")));
    CHECK_OK(symlink("loop-a", scratch("loop-b")));
    CHECK_OK(symlink("self", scratch("self")));
    CHECK_ERR(open(scratch("loop-a"), O_RDONLY), ELOOP);
    CHECK_ERR(open(scratch("self/below"), O_RDONLY), ELOOP);
    CHECK_ERR(chdir(scratch("loop-b")), ELOOP);
    CHECK_OK(unlink(scratch("loop-a"))); // the link itself can go
}

// 40 links in a row are followed, 41 are not.
TEST(files, symlink_chain_limit)
{
    close(scratch_file("chain-0", "x"));
    for (int i = 1; i <= 41; i++) {
        char name[32], target[32];
        snprintf(name, sizeof name, "chain-%d", i);
        snprintf(target, sizeof target, "chain-%d", i - 1);
        remove_tree(scratch(name));
        CHECK_OK(symlink(target, scratch(name)));
    }
    CHECK_OK(access(scratch("chain-40"), F_OK));
    CHECK_ERR(access(scratch("chain-41"), F_OK), ELOOP);
}

TEST(files, symlink_in_the_middle)
{
    remove_tree(scratch("real"));
    remove_tree(scratch("via"));
    remove_tree(scratch("absolute"));
    CHECK_OK(mkdir(scratch("real"), 0755));
    close(scratch_file("real/file", "x"));
    CHECK_OK(symlink("real", scratch("via")));
    CHECK_OK(symlink(scratch("real"), scratch("absolute")));
    CHECK_OK(access(scratch("via/file"), F_OK));
    CHECK_OK(access(scratch("via/../via/./file"), F_OK));
    CHECK_OK(access(scratch("absolute/file"), F_OK));
    CHECK_ERR(rmdir(scratch("via")), ENOTDIR);
    CHECK_ERR(rmdir(scratch("via/")), ENOTDIR);
    CHECK_ERR(mkdir(scratch("via"), 0755), EEXIST);
}
