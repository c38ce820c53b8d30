// /proc, /sys, /dev and /etc: the paths that programs have been seen to open, with plausible contents.
#include "../check.h"
#include "../support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[65536];

static const char* content(const char* path)
{
    size_t length = 0;
    int fd = open(path, O_RDONLY);
    text[0] = 0;
    if (fd < 0)
        return NULL;
    for (ssize_t n; length < sizeof text - 1 && (n = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    text[length] = 0;
    close(fd);
    return text;
}

TEST(misc, proc_files_exist)
{
    static const char* const paths[] = {
        "/proc/self/maps",
        "/proc/meminfo",
        "/proc/cpuinfo",
        "/proc/self/cgroup",
        "/proc/self/status",
        "/proc/stat",
        "/proc/filesystems",
        "/proc/self/mountinfo",
        "/proc/mounts",
        "/proc/self/stat",
        "/proc/self/statm",
        "/proc/self/comm",
        "/proc/self/limits",
        "/proc/uptime",
        "/proc/loadavg",
        "/proc/version",
        "/proc/self/environ",
        "/proc/self/smaps",
        "/proc/self/mounts",
        "/proc/sys/kernel/ngroups_max",
        "/proc/sys/kernel/cap_last_cap",
        "/proc/sys/kernel/random/uuid",
        "/proc/sys/kernel/osrelease",
        "/proc/sys/kernel/pid_max",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/vm/max_map_count",
        "/proc/sys/fs/file-max",
        "/proc/sys/fs/pipe-max-size",
        "/sys/devices/system/cpu/online",
        "/sys/devices/system/cpu/possible",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!content(paths[i]) || !*text)
            CHECK_STR(paths[i], "a file with content");
    }
}

TEST(misc, proc_absent_paths)
{
    CHECK_ERR(open("/proc/xen", O_RDONLY), ENOENT);
    CHECK_ERR(open("/proc/no-such", O_RDONLY), ENOENT);
    CHECK_ERR(open("/proc/self/no-such", O_RDONLY), ENOENT);
    CHECK_ERR(open("/sys/no-such", O_RDONLY), ENOENT);
    CHECK_ERR(access("/etc/ld.so.preload", R_OK), ENOENT);
    CHECK_ERR(open("/proc/new", O_RDWR | O_CREAT, 0600), ENOENT);
}

TEST(misc, proc_self_links)
{
    char path[512] = {0}, own[32];
    struct stat a, b;
    CHECK(readlink("/proc/self", path, sizeof path) > 0);
    snprintf(own, sizeof own, "%d", getpid());
    CHECK_STR(path, own);
    memset(path, 0, sizeof path);
    CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    CHECK_EQ(path[0], '/');
    CHECK_OK(stat(path, &a));
    CHECK_OK(stat("/proc/self/exe", &b));
    CHECK_EQ(a.st_ino, b.st_ino);
    memset(path, 0, sizeof path);
    CHECK(readlink("/proc/self/cwd", path, sizeof path - 1) > 0);
    char* cwd = getcwd(NULL, 0);
    CHECK_STR(path, cwd);
    free(cwd);
}

TEST(misc, proc_self_fd)
{
    char path[64], target[256] = {0};
    int fd = scratch_file("by-number", "data"), ends[2];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(readlink(path, target, sizeof target - 1) > 0);
    CHECK_STR(target, scratch("by-number"));
    int again = CHECK_OK(open(path, O_RDONLY)); // opens the file anew
    CHECK_EQ(read(again, target, 4), 4);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    close(again);
    CHECK_OK(pipe(ends));
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    memset(target, 0, sizeof target);
    CHECK(readlink(path, target, sizeof target - 1) > 0);
    CHECK_EQ(strncmp(target, "pipe:[", 6), 0);
    DIR* folder = opendir("/proc/self/fd");
    REQUIRE(folder);
    bool seen = false;
    snprintf(path, sizeof path, "%d", fd);
    for (struct dirent* e; (e = readdir(folder));)
        seen = seen || strcmp(e->d_name, path) == 0;
    CHECK(seen);
    closedir(folder);
    close(ends[0]);
    close(ends[1]);
    close(fd);
    CHECK_ERR(open("/dev/fd/999", O_RDONLY), ENOENT);
}

TEST(misc, proc_maps)
{
    REQUIRE(content("/proc/self/maps"));
    int lines = 0;
    bool stack = false, here = false;
    uintptr_t last = 0, me = (uintptr_t)&content;
    for (char* line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        uintptr_t from = 0, to = 0;
        char rights[8] = {0};
        if (!CHECK_EQ(sscanf(line, "%lx-%lx %7s", &from, &to, rights), 3))
            break;
        if (from >> 63)
            continue; // vsyscall
        CHECK(from >= last && to > from);
        last = to;
        stack = stack || strstr(line, "[stack]");
        if (me >= from && me < to) {
            here = true;
            CHECK_STR(rights, "r-xp");
            CHECK(strchr(line, '/') != NULL);
        }
    }
    CHECK(stack && here);
    CHECK(lines > 5 || lines > 3);
}

TEST(misc, proc_meminfo)
{
    long total = 0, available = 0;
    REQUIRE(content("/proc/meminfo"));
    CHECK_EQ(sscanf(text, "MemTotal: %ld kB", &total), 1);
    char* line = strstr(text, "MemAvailable:");
    CHECK(line && sscanf(line, "MemAvailable: %ld kB", &available) == 1);
    CHECK(strstr(text, "MemFree:") && strstr(text, "SwapTotal:") && strstr(text, "Cached:"));
    CHECK(total >= 4096 && available > 0 && available <= total);
    CHECK_EQ(sysconf(_SC_PHYS_PAGES), total / 4);
}

TEST(misc, proc_cpuinfo_counts)
{
    int processors = 0;
    REQUIRE(content("/proc/cpuinfo"));
    for (char* p = text; (p = strstr(p, "processor\t:")); p++)
        processors++;
    CHECK_EQ(processors, sysconf(_SC_NPROCESSORS_ONLN));
    CHECK(strstr(text, "flags") && strstr(text, "sse2") && strstr(text, "model name"));
    int first = -1, last = -1;
    REQUIRE(content("/sys/devices/system/cpu/online"));
    int n = sscanf(text, "%d-%d", &first, &last);
    CHECK_EQ(first, 0);
    CHECK_EQ(n == 2 ? last + 1 : 1, processors);
    processors = 0;
    REQUIRE(content("/proc/stat"));
    for (char* p = text; (p = strstr(p, "\ncpu")); p++)
        processors++;
    CHECK_EQ(processors, sysconf(_SC_NPROCESSORS_ONLN));
}

TEST(misc, proc_status)
{
    char line[64];
    REQUIRE(content("/proc/self/status"));
    snprintf(line, sizeof line, "\nPid:\t%d\n", getpid());
    CHECK(strstr(text, line) != NULL);
    CHECK(strstr(text, "VmRSS:") && strstr(text, "Threads:\t") && strstr(text, "Uid:\t"));
    CHECK_EQ(strncmp(text, "Name:\t", 6), 0);
    REQUIRE(content("/proc/self/stat"));
    int pid = 0;
    CHECK_EQ(sscanf(text, "%d (", &pid), 1);
    CHECK_EQ(pid, getpid());
    int fields = 0;
    for (char* p = strrchr(text, ')'); p && (p = strchr(p + 1, ' ')); fields++)
        continue;
    CHECK_EQ(fields, 50); // 52 fields in all
}

TEST(misc, proc_task)
{
    char path[128], name[32];
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", gettid());
    REQUIRE(content(path));
    snprintf(name, sizeof name, "%.31s", text);
    REQUIRE(content("/proc/self/comm"));
    CHECK_STR(text, name);
    int fd = CHECK_OK(open(path, O_WRONLY));
    CHECK_EQ(write(fd, "renamed", 7), 7);
    close(fd);
    CHECK_STR(content("/proc/self/comm"), "renamed\n");
}

TEST(misc, proc_numbers)
{
    long v = -1;
    REQUIRE(content("/proc/sys/kernel/cap_last_cap"));
    CHECK_EQ(sscanf(text, "%ld", &v), 1);
    CHECK_RANGE(v, 36, 62);
    REQUIRE(content("/proc/sys/kernel/random/uuid"));
    CHECK_EQ(strlen(text), 37);
    char before[64];
    snprintf(before, sizeof before, "%.63s", text);
    CHECK(strcmp(content("/proc/sys/kernel/random/uuid"), before) != 0);
    double up = 0;
    REQUIRE(content("/proc/uptime"));
    CHECK_EQ(sscanf(text, "%lf", &up), 1);
    CHECK(up > 0 && up - (double)clock_ns(CLOCK_BOOTTIME) / 1e9 < 1);
}

TEST(misc, fdinfo_of_the_file_that_is_read)
{
    int other = open("/dev/null", O_RDONLY);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", other);
    int fd = open(path, O_RDONLY);
    REQUIRE(fd >= 0);
    CHECK_EQ(dup2(fd, other), other); // the number now leads to the very file that tells of it
    ssize_t length = read(fd, text, sizeof text - 1);
    REQUIRE(length > 0);
    text[length] = 0;
    CHECK(strstr(text, "pos:\t0\n") != NULL);
    CHECK_OK(close(fd));
    CHECK_OK(close(other));
}

TEST(misc, device_files)
{
    struct stat st;
    static const char* const paths[] = {"/dev/null",    "/dev/zero",  "/dev/full",   "/dev/random",
                                        "/dev/urandom", "/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        CHECK_OK(stat(paths[i], &st));
    CHECK_OK(lstat("/dev/stdout", &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_OK(stat("/dev/fd", &st));
    CHECK(S_ISDIR(st.st_mode));
    CHECK_OK(stat("/dev/shm", &st));
    CHECK_EQ(st.st_mode & 07777, 01777);
    CHECK_OK(stat("/tmp", &st));
    CHECK_EQ(st.st_mode & 07777, 01777);
}

TEST(misc, configuration_files)
{
    CHECK(content("/etc/passwd") && strstr(text, "root:"));
    CHECK(content("/etc/group") && strstr(text, "root:"));
    CHECK(content("/etc/nsswitch.conf") != NULL);
    CHECK(content("/etc/hosts") && strstr(text, "localhost"));
}
