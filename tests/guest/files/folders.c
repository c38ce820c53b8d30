// mkdir, rmdir, and reading folders: getdents64 with telldir and seekdir.
#include "../check.h"
#include "../support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(files, folder_make_and_remove)
{
    struct stat st;
    remove_tree(scratch("folder"));
    CHECK_OK(mkdir(scratch("folder"), 0750));
    CHECK_OK(stat(scratch("folder"), &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 0750);
    CHECK_EQ(st.st_nlink, 2);
    CHECK_ERR(mkdir(scratch("folder"), 0750), EEXIST);
    CHECK_OK(mkdir(scratch("folder/inner/"), 0755)); // a trailing slash is fine
    CHECK_OK(stat(scratch("folder"), &st));
    CHECK_EQ(st.st_nlink, 3);
    CHECK_ERR(rmdir(scratch("folder")), ENOTEMPTY);
    CHECK_OK(rmdir(scratch("folder/inner")));
    CHECK_OK(rmdir(scratch("folder/")));
    CHECK_ERR(rmdir(scratch("folder")), ENOENT);
}

TEST(files, folder_refused)
{
    close(scratch_file("plain", "x"));
    remove_tree(scratch("folder"));
    CHECK_OK(mkdir(scratch("folder"), 0755));
    CHECK_ERR(mkdir(scratch("plain"), 0755), EEXIST);
    CHECK_ERR(mkdir(scratch("plain/x"), 0755), ENOTDIR);
    CHECK_ERR(mkdir(scratch("none/x"), 0755), ENOENT);
    CHECK_ERR(mkdir("/", 0755), EEXIST);
    CHECK_ERR(mkdir("", 0755), ENOENT);
    CHECK_ERR(rmdir(scratch("plain")), ENOTDIR);
    CHECK_ERR(rmdir(scratch("folder/.")), EINVAL);
    CHECK_ERR(rmdir(scratch("folder/..")), ENOTEMPTY);
    CHECK_ERR(rmdir("/"), EBUSY);
    CHECK_ERR(open(scratch("folder"), O_WRONLY | O_CREAT, 0600), EISDIR);
}

TEST(files, folder_removed_while_open)
{
    remove_tree(scratch("gone"));
    CHECK_OK(mkdir(scratch("gone"), 0755));
    int fd = CHECK_OK(open(scratch("gone"), O_RDONLY | O_DIRECTORY));
    CHECK_OK(rmdir(scratch("gone")));
    CHECK_ERR(openat(fd, "new", O_RDWR | O_CREAT, 0600), ENOENT);
    CHECK_ERR(mkdirat(fd, "new", 0700), ENOENT);
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    close(fd);
}

enum { ENTRIES = 300 };

static void fill(const char* name)
{
    remove_tree(scratch(name));
    CHECK_OK(mkdir(scratch(name), 0755));
    for (int i = 0; i < ENTRIES; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s/entry-number-%03d", name, i);
        close(scratch_file(file, ""));
    }
}

TEST(files, folder_list_complete)
{
    bool seen[ENTRIES] = {false};
    int total = 0, dots = 0;
    fill("listed");
    DIR* folder = opendir(scratch("listed"));
    REQUIRE(folder);
    for (struct dirent* e; (e = readdir(folder)); total++) {
        int number = -1;
        if (e->d_name[0] == '.') {
            dots++;
            CHECK_EQ(e->d_type, DT_DIR);
        } else if (CHECK_EQ(sscanf(e->d_name, "entry-number-%d", &number), 1)) {
            CHECK(!seen[number]);
            CHECK_EQ(e->d_type, DT_REG);
            CHECK(e->d_ino != 0);
            seen[number] = true;
        }
    }
    CHECK_EQ(dots, 2);
    CHECK_EQ(total, ENTRIES + 2);
    closedir(folder);
    remove_tree(scratch("listed"));
}

TEST(files, folder_tell_and_seek)
{
    fill("seek");
    DIR* folder = opendir(scratch("seek"));
    REQUIRE(folder);
    char names[3][64];
    long position[3];
    for (int i = 0; i < 150; i++)
        readdir(folder);
    for (int i = 0; i < 3; i++) {
        position[i] = telldir(folder);
        struct dirent* e = readdir(folder);
        REQUIRE(e);
        snprintf(names[i], sizeof names[i], "%.63s", e->d_name);
    }
    for (int i = 2; i >= 0; i--) {
        seekdir(folder, position[i]);
        struct dirent* e = readdir(folder);
        REQUIRE(e);
        CHECK_STR(e->d_name, names[i]);
    }
    rewinddir(folder);
    int total = 0;
    while (readdir(folder))
        total++;
    CHECK_EQ(total, ENTRIES + 2);
    closedir(folder);
}

// Removing each entry as it is read must not make the listing skip any.
TEST(files, folder_remove_while_listing)
{
    fill("emptied");
    DIR* folder = opendir(scratch("emptied"));
    REQUIRE(folder);
    int removed = 0;
    for (struct dirent* e; (e = readdir(folder));)
        if (e->d_name[0] != '.')
            removed += unlinkat(dirfd(folder), e->d_name, 0) == 0;
    CHECK_EQ(removed, ENTRIES);
    closedir(folder);
    CHECK_OK(rmdir(scratch("emptied")));
}

TEST(files, getdents_errors)
{
    char buffer[1024];
    int fd = CHECK_OK(open("/tmp", O_RDONLY | O_DIRECTORY));
    CHECK_ERR(syscall(SYS_getdents64, fd, buffer, 8), EINVAL); // too small for one entry
    CHECK_ERR(syscall(SYS_getdents64, -1, buffer, sizeof buffer), EBADF);
    CHECK_ERR(syscall(SYS_getdents64, fd, (void*)8, sizeof buffer), EFAULT);
    close(fd);
    fd = scratch_file("plain", "x");
    CHECK_ERR(syscall(SYS_getdents64, fd, buffer, sizeof buffer), ENOTDIR);
    close(fd);
}

TEST(files, folder_entry_types)
{
    remove_tree(scratch("types"));
    CHECK_OK(mkdir(scratch("types"), 0755));
    CHECK_OK(mkdir(scratch("types/d"), 0755));
    CHECK_OK(symlink("x", scratch("types/l")));
    CHECK_OK(mkfifo(scratch("types/p"), 0600));
    close(scratch_file("types/f", ""));
    DIR* folder = opendir(scratch("types"));
    REQUIRE(folder);
    for (struct dirent* e; (e = readdir(folder));) {
        static const struct {
            char name;
            int type;
        } want[] = {{'d', DT_DIR}, {'l', DT_LNK}, {'p', DT_FIFO}, {'f', DT_REG}};
        for (int i = 0; i < 4; i++)
            if (e->d_name[0] == want[i].name)
                CHECK_EQ(e->d_type, want[i].type);
    }
    closedir(folder);
}
