// chmod, chown, utimensat, umask: changing what stat shows.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static struct stat status(const char* name)
{
    struct stat st = {0};
    CHECK_OK(lstat(scratch(name), &st));
    return st;
}

TEST(files, chmod_forms)
{
    int fd = scratch_file("mode", "x");
    CHECK_OK(chmod(scratch("mode"), 0751));
    CHECK_EQ(status("mode").st_mode, S_IFREG | 0751);
    CHECK_OK(fchmod(fd, 04711));
    CHECK_EQ(status("mode").st_mode, S_IFREG | 04711);
    CHECK_OK(fchmodat(AT_FDCWD, scratch("mode"), 0100600, 0)); // bits of the type are ignored
    CHECK_EQ(status("mode").st_mode, S_IFREG | 0600);
    CHECK_ERR(chmod(scratch("none"), 0600), ENOENT);
    CHECK_ERR(fchmod(-1, 0600), EBADF);
    close(fd);
}

TEST(files, chown_forms)
{
    if (geteuid() != 0)
        return;
    int fd = scratch_file("owner", "x");
    CHECK_OK(chown(scratch("owner"), 12, 34));
    CHECK_EQ(status("owner").st_uid, 12);
    CHECK_EQ(status("owner").st_gid, 34);
    CHECK_OK(fchown(fd, (uid_t)-1, 56));
    CHECK_EQ(status("owner").st_uid, 12);
    CHECK_EQ(status("owner").st_gid, 56);
    remove_tree(scratch("owner-link"));
    CHECK_OK(symlink("owner", scratch("owner-link")));
    CHECK_OK(lchown(scratch("owner-link"), 7, 7));
    CHECK_EQ(status("owner-link").st_uid, 7);
    CHECK_EQ(status("owner").st_uid, 12);
    CHECK_OK(fchownat(fd, "", 1, 1, AT_EMPTY_PATH));
    CHECK_EQ(status("owner").st_uid, 1);
    close(fd);
}

TEST(files, utimensat_forms)
{
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    int fd = scratch_file("utime", "x");
    CHECK_OK(utimensat(AT_FDCWD, scratch("utime"), times, 0));
    CHECK_EQ(status("utime").st_atim.tv_sec, 1000);
    CHECK_EQ(status("utime").st_atim.tv_nsec, 5);
    CHECK_EQ(status("utime").st_mtim.tv_sec, 2000);
    CHECK_EQ(status("utime").st_mtim.tv_nsec, 7);
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){3000, 0};
    CHECK_OK(futimens(fd, times));
    CHECK_EQ(status("utime").st_atim.tv_sec, 1000);
    CHECK_EQ(status("utime").st_mtim.tv_sec, 3000);
    times[1].tv_nsec = UTIME_NOW;
    CHECK_OK(futimens(fd, times));
    CHECK_RANGE(status("utime").st_mtim.tv_sec, time(NULL) - 60, time(NULL) + 1);
    CHECK_OK(utimensat(AT_FDCWD, scratch("utime"), NULL, 0));
    CHECK_RANGE(status("utime").st_atim.tv_sec, time(NULL) - 60, time(NULL) + 1);
    times[0] = (struct timespec){0, 1000000000};
    CHECK_ERR(utimensat(AT_FDCWD, scratch("utime"), times, 0), EINVAL);
    CHECK_ERR(utimensat(AT_FDCWD, scratch("none"), NULL, 0), ENOENT);
    close(fd);
}

TEST(files, umask_applies)
{
    mode_t before = umask(027);
    CHECK_EQ(umask(077), 027);
    remove_tree(scratch("masked"));
    remove_tree(scratch("masked-folder"));
    int fd = CHECK_OK(open(scratch("masked"), O_RDWR | O_CREAT, 0666));
    CHECK_EQ(status("masked").st_mode, S_IFREG | 0600);
    CHECK_OK(mkdir(scratch("masked-folder"), 0777));
    CHECK_EQ(status("masked-folder").st_mode, S_IFDIR | 0700);
    CHECK_EQ(umask(07777), 077);
    CHECK_EQ(umask(before), 0777); // only permission bits are kept
    close(fd);
}

TEST(files, extended_attributes_answer)
{
    char names[64];
    int fd = scratch_file("xattr", "x");
    ssize_t n = syscall(SYS_flistxattr, fd, names, sizeof names);
    CHECK(n >= 0 || errno == ENOTSUP); // restic: anything but ENOSYS
    n = syscall(SYS_getxattr, scratch("xattr"), "user.none", names, sizeof names);
    CHECK(n == -1 && (errno == ENODATA || errno == ENOTSUP));
    close(fd);
}
