// rename: the matrix of what may replace what, and renameat2's flags.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Fresh: file-a, file-b, folder-empty, folder-full/inside, link -> file-a
static void lay_out(void)
{
    static const char* const names[] = {"file-a", "file-b", "folder-empty", "folder-full", "link", "new"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove_tree(scratch(names[i]));
    close(scratch_file("file-a", "a"));
    close(scratch_file("file-b", "bb"));
    CHECK_OK(mkdir(scratch("folder-empty"), 0755));
    CHECK_OK(mkdir(scratch("folder-full"), 0755));
    close(scratch_file("folder-full/inside", "inside"));
    CHECK_OK(symlink("file-a", scratch("link")));
}

static int move(const char* from, const char* to)
{
    return rename(scratch(from), scratch(to));
}

static off_t size_of(const char* name)
{
    struct stat st;
    return lstat(scratch(name), &st) == 0 ? st.st_size : -1;
}

TEST(files, rename_files)
{
    lay_out();
    CHECK_OK(move("file-a", "new"));
    CHECK_EQ(size_of("file-a"), -1);
    CHECK_EQ(size_of("new"), 1);
    CHECK_OK(move("new", "file-b")); // replaces
    CHECK_EQ(size_of("file-b"), 1);
    CHECK_OK(move("file-b", "file-b"));
    CHECK_EQ(size_of("file-b"), 1);
    CHECK_OK(move("file-b", "folder-full/moved"));
    CHECK_EQ(size_of("folder-full/moved"), 1);
}

TEST(files, rename_refused)
{
    lay_out();
    CHECK_ERR(move("nothing", "new"), ENOENT);
    CHECK_ERR(move("file-a", "folder-empty"), EISDIR);
    CHECK_ERR(move("folder-empty", "file-a"), ENOTDIR);
    CHECK_ERR(move("folder-empty", "folder-full"), ENOTEMPTY);
    CHECK_ERR(move("file-a", "nowhere/new"), ENOENT);
    CHECK_ERR(move("file-a", "file-b/new"), ENOTDIR);
    CHECK_ERR(move("folder-full", "folder-full/inner"), EINVAL);
    CHECK_ERR(move("file-a/", "new"), ENOTDIR);
    CHECK_ERR(move("file-a", "new/"), ENOTDIR);
    CHECK_ERR(rename("", scratch("new")), ENOENT);
    CHECK_ERR(rename("/proc/self/maps", scratch("new")), EXDEV);
    CHECK_EQ(size_of("file-a"), 1);
}

TEST(files, rename_folders)
{
    lay_out();
    CHECK_OK(move("folder-full", "folder-empty")); // an empty folder is replaced
    CHECK_EQ(size_of("folder-empty/inside"), 6);
    CHECK_EQ(size_of("folder-full"), -1);
    CHECK_OK(move("folder-empty", "new"));
    CHECK_EQ(size_of("new/inside"), 6);
    struct stat here, up;
    CHECK_OK(stat(scratch("new/.."), &up));
    CHECK_OK(stat(scratch("."), &here));
    CHECK_EQ(up.st_ino, here.st_ino);
}

TEST(files, rename_folder_keeps_link_counts)
{
    struct stat st;
    lay_out();
    CHECK_OK(mkdir(scratch("folder-full/sub"), 0755));
    CHECK_OK(stat(scratch("folder-full"), &st));
    CHECK_EQ(st.st_nlink, 3);
    CHECK_OK(move("folder-full/sub", "folder-empty/sub"));
    CHECK_OK(stat(scratch("folder-full"), &st));
    CHECK_EQ(st.st_nlink, 2);
    CHECK_OK(stat(scratch("folder-empty"), &st));
    CHECK_EQ(st.st_nlink, 3);
}

TEST(files, rename_link_itself)
{
    lay_out();
    CHECK_OK(move("link", "new"));
    struct stat st;
    CHECK_OK(lstat(scratch("new"), &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_OK(move("file-b", "new")); // replaces the link, not its target
    CHECK_EQ(size_of("file-a"), 1);
    CHECK_EQ(size_of("new"), 2);
}

TEST(files, rename_hard_links_of_one_file)
{
    lay_out();
    CHECK_OK(link(scratch("file-a"), scratch("new")));
    CHECK_OK(move("file-a", "new")); // POSIX: nothing happens, both stay
    CHECK_EQ(size_of("file-a"), 1);
    CHECK_EQ(size_of("new"), 1);
}

TEST(files, rename_keeps_open_files)
{
    char text[4] = {0};
    lay_out();
    int fd = CHECK_OK(open(scratch("file-b"), O_RDONLY));
    CHECK_OK(move("file-a", "file-b"));
    CHECK_EQ(read(fd, text, 4), 2); // the replaced file lives on
    CHECK_STR(text, "bb");
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    close(fd);
}

TEST(files, renameat2_flags)
{
    lay_out();
    CHECK_ERR(renameat2(AT_FDCWD, scratch("file-a"), AT_FDCWD, scratch("file-b"), RENAME_NOREPLACE), EEXIST);
    CHECK_OK(renameat2(AT_FDCWD, scratch("file-a"), AT_FDCWD, scratch("new"), RENAME_NOREPLACE));
    CHECK_OK(renameat2(AT_FDCWD, scratch("new"), AT_FDCWD, scratch("file-b"), RENAME_EXCHANGE));
    CHECK_EQ(size_of("new"), 2);
    CHECK_EQ(size_of("file-b"), 1);
    CHECK_ERR(renameat2(AT_FDCWD, scratch("new"), AT_FDCWD, scratch("none"), RENAME_EXCHANGE), ENOENT);
    CHECK_ERR(renameat2(AT_FDCWD, scratch("new"), AT_FDCWD, scratch("x"), RENAME_EXCHANGE | RENAME_NOREPLACE),
              EINVAL);
}
