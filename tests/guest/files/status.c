// stat in all its forms, statx, statfs, and access.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

TEST(files, stat_forms_agree)
{
    struct stat a, b, c;
    int fd = scratch_file("stat", "12345");
    CHECK_OK(stat(scratch("stat"), &a));
    CHECK_OK(fstat(fd, &b));
    CHECK_OK(fstatat(fd, "", &c, AT_EMPTY_PATH));
    CHECK_EQ(memcmp(&a, &b, sizeof a), 0);
    CHECK_EQ(memcmp(&a, &c, sizeof a), 0);
    CHECK_EQ(a.st_size, 5);
    CHECK_EQ(a.st_uid, geteuid());
    CHECK_EQ(a.st_mode, S_IFREG | 0644);
    CHECK(a.st_blksize > 0);
    CHECK_ERR(fstatat(fd, "", &c, 0), ENOENT);
    CHECK_ERR(fstatat(fd, "x", &c, 0), ENOTDIR);
    CHECK_ERR(fstatat(AT_FDCWD, scratch("stat"), &c, 0x40000000), EINVAL);
    CHECK_ERR(fstatat(AT_FDCWD, scratch("stat"), (struct stat*)8, 0), EFAULT);
    CHECK_OK(fstatat(AT_FDCWD, "", &c, AT_EMPTY_PATH)); // the working directory
    CHECK(S_ISDIR(c.st_mode));
    close(fd);
}

TEST(files, stat_distinguishes_files)
{
    struct stat a, b;
    close(scratch_file("one", ""));
    close(scratch_file("two", ""));
    CHECK_OK(stat(scratch("one"), &a));
    CHECK_OK(stat(scratch("two"), &b));
    CHECK(a.st_ino != b.st_ino);
    CHECK_EQ(a.st_dev, b.st_dev);
}

TEST(files, stat_times_move)
{
    struct stat a, b;
    int fd = scratch_file("times", "x");
    CHECK_OK(fstat(fd, &a));
    int64_t now = clock_ns(CLOCK_REALTIME);
    CHECK_RANGE(a.st_mtim.tv_sec, now / 1000000000 - 60, now / 1000000000 + 1);
    sleep_ms(30);
    CHECK_EQ(write(fd, "y", 1), 1);
    CHECK_OK(fstat(fd, &b));
    CHECK(b.st_mtim.tv_sec > a.st_mtim.tv_sec ||
          (b.st_mtim.tv_sec == a.st_mtim.tv_sec && b.st_mtim.tv_nsec > a.st_mtim.tv_nsec));
    CHECK_EQ(b.st_mtim.tv_nsec, b.st_ctim.tv_nsec);
    close(fd);
}

TEST(files, statx_all)
{
    struct statx x = {0};
    struct stat st;
    int fd = scratch_file("statx", "12345");
    CHECK_OK(fstat(fd, &st));
    CHECK_OK(statx(AT_FDCWD, scratch("statx"), 0, STATX_ALL, &x));
    CHECK_EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
    CHECK_EQ(x.stx_size, 5);
    CHECK_EQ(x.stx_mode, st.st_mode);
    CHECK_EQ(x.stx_ino, st.st_ino);
    CHECK_EQ(x.stx_nlink, 1);
    CHECK_EQ(makedev(x.stx_dev_major, x.stx_dev_minor), st.st_dev);
    CHECK_EQ(x.stx_mtime.tv_sec, st.st_mtim.tv_sec);
    CHECK_EQ(x.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
    memset(&x, 0, sizeof x);
    CHECK_OK(statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE, &x));
    CHECK_EQ(x.stx_mode, st.st_mode);
    close(fd);
}

TEST(files, statx_errors)
{
    struct statx x;
    CHECK_ERR(statx(AT_FDCWD, scratch("none"), 0, STATX_ALL, &x), ENOENT);
    CHECK_ERR(statx(AT_FDCWD, "", 0, STATX_ALL, &x), ENOENT);
    CHECK_ERR(statx(-1, "x", 0, STATX_ALL, &x), EBADF);
    CHECK_ERR(syscall(SYS_statx, AT_FDCWD, NULL, 0, STATX_ALL, NULL), EFAULT); // how Rust asks if it exists
    CHECK_ERR(statx(AT_FDCWD, "/", 0x40000000, STATX_ALL, &x), EINVAL);
    CHECK_ERR(statx(AT_FDCWD, "/", 0, STATX__RESERVED, &x), EINVAL);
}

TEST(files, statfs_values)
{
    struct statfs fs;
    struct statvfs vfs;
    CHECK_OK(statfs("/tmp", &fs));
    CHECK(fs.f_bsize > 0 && fs.f_blocks > 0);
    CHECK(fs.f_bfree <= fs.f_blocks && fs.f_namelen >= 255);
    CHECK_OK(statfs("/proc", &fs));
    CHECK_EQ(fs.f_type, PROC_SUPER_MAGIC);
    CHECK_OK(statfs("/dev/shm", &fs));
    CHECK_EQ(fs.f_type, TMPFS_MAGIC);
    CHECK_OK(statvfs("/tmp", &vfs));
    int fd = CHECK_OK(open("/dev/shm", O_RDONLY));
    CHECK_OK(fstatfs(fd, &fs));
    CHECK_EQ(fs.f_type, TMPFS_MAGIC);
    close(fd);
    CHECK_ERR(statfs("/no/such", &fs), ENOENT);
    CHECK_ERR(fstatfs(-1, &fs), EBADF);
    CHECK_ERR(statfs("/", (struct statfs*)8), EFAULT);
}

TEST(files, access_checks)
{
    close(scratch_file("access", "x"));
    CHECK_OK(chmod(scratch("access"), 0600));
    CHECK_OK(access(scratch("access"), F_OK));
    CHECK_OK(access(scratch("access"), R_OK | W_OK));
    CHECK_ERR(access(scratch("access"), X_OK), EACCES); // not even for root without an x bit
    CHECK_OK(chmod(scratch("access"), 0700));
    CHECK_OK(access(scratch("access"), X_OK));
    CHECK_ERR(access(scratch("none"), F_OK), ENOENT);
    CHECK_ERR(access(scratch("access/x"), F_OK), ENOTDIR);
    CHECK_ERR(access(scratch("access"), 8), EINVAL);
    CHECK_OK(syscall(SYS_faccessat2, AT_FDCWD, scratch("access"), R_OK, AT_EACCESS));
    CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, scratch("none"), R_OK, AT_SYMLINK_NOFOLLOW), ENOENT);
    CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, scratch("access"), R_OK, 0x40000000), EINVAL);
}
