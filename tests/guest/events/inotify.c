// inotify(7): which call gives which events, in what order, and what a watch asks for.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[128];

static const char* in_folder(const char* name)
{
    char below[64];
    snprintf(below, sizeof below, "watched/%s", name);
    return scratch(below);
}

/// Empty.
static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s", scratch("watched"));
    remove_tree(folder);
    CHECK_OK(mkdir(folder, 0700));
}

static void make_file(const char* name)
{
    int fd = open(in_folder(name), O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0);
    close(fd);
}

static void add_word(char* out, const struct inotify_event* e)
{
    static const struct {
        uint32_t bit;
        const char* name;
    } names[] = {
        {IN_ACCESS, "access"},           {IN_MODIFY, "modify"},       {IN_ATTRIB, "attrib"},
        {IN_CLOSE_WRITE, "close_write"}, {IN_CLOSE_NOWRITE, "close"}, {IN_OPEN, "open"},
        {IN_MOVED_FROM, "from"},         {IN_MOVED_TO, "to"},         {IN_CREATE, "create"},
        {IN_DELETE, "delete"},           {IN_DELETE_SELF, "gone"},    {IN_MOVE_SELF, "moved"},
        {IN_Q_OVERFLOW, "overflow"},     {IN_IGNORED, "ignored"},     {IN_ISDIR, "dir"},
        {IN_UNMOUNT, "unmount"},
    };
    if (*out)
        strcat(out, " ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (e->mask & names[i].bit)
            strcat(strcat(out, names[i].name), "+");
    out[strlen(out) - 1] = 0;
    if (e->len)
        strcat(strcat(out, "="), e->name);
}

static uint32_t last_cookie, first_cookie;
static int last_wd;

/// All events that wait, as words: "create+dir=name open"; `bytes` is how many they took.
static const char* events(int fd)
{
    static char words[4096];
    _Alignas(struct inotify_event) char buffer[4096];
    words[0] = 0;
    first_cookie = last_cookie = 0;
    int ahead = -1;
    CHECK_OK(ioctl(fd, FIONREAD, &ahead));
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0)
        return errno == EAGAIN ? "" : strerror(errno);
    CHECK_EQ(n, ahead);
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event* e = (const void*)(buffer + at);
        CHECK_EQ(e->len % sizeof *e, 0);
        add_word(words, e);
        last_wd = e->wd;
        if (e->cookie && !first_cookie)
            first_cookie = e->cookie;
        if (e->cookie)
            last_cookie = e->cookie;
        at += (ssize_t)(sizeof *e + e->len);
    }
    return words;
}

#define CHECK_EVENTS(fd, expected) CHECK_STR(events(fd), expected)

static int watching(uint32_t mask)
{
    make_folder();
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(inotify_add_watch(fd, folder, mask), 1);
    return fd;
}

TEST(events, inotify_bad_arguments)
{
    make_folder();
    make_file("file");
    CHECK_ERR(inotify_init1(1), EINVAL);
    int fd = inotify_init1(IN_NONBLOCK);
    CHECK_ERR(inotify_add_watch(fd, folder, 0), EINVAL);
    CHECK_ERR(inotify_add_watch(fd, folder, IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL);
    CHECK_ERR(inotify_add_watch(fd, in_folder("missing"), IN_OPEN), ENOENT);
    CHECK_ERR(inotify_add_watch(fd, in_folder("file"), IN_OPEN | IN_ONLYDIR), ENOTDIR);
    CHECK_ERR(inotify_add_watch(fd, (const char*)8, IN_OPEN), EFAULT);
    CHECK_ERR(inotify_add_watch(-1, folder, IN_OPEN), EBADF);
    CHECK_ERR(inotify_add_watch(0, folder, IN_OPEN), EINVAL);
    CHECK_ERR(inotify_rm_watch(fd, 1), EINVAL);
    CHECK_ERR(inotify_rm_watch(-1, 1), EBADF);
    CHECK_ERR(inotify_rm_watch(0, 1), EINVAL);
    CHECK_EQ(inotify_add_watch(fd, folder, IN_OPEN), 1);
    CHECK_ERR(inotify_add_watch(fd, folder, IN_OPEN | IN_MASK_CREATE), EEXIST);
    char byte;
    CHECK_ERR(read(fd, &byte, 1), EAGAIN);
    CHECK_ERR(write(fd, &byte, 1), EBADF);
    CHECK_EQ(lseek(fd, 5, SEEK_SET), 0); // goes nowhere
    make_file("file");
    CHECK_ERR(read(fd, &byte, 1), EINVAL); // too small for the first event
    CHECK_EVENTS(fd, "open=file");
    close(fd);
}

TEST(events, inotify_file_life)
{
    int fd = watching(IN_ALL_EVENTS);
    int file = open(in_folder("file"), O_CREAT | O_RDWR, 0600);
    CHECK_EVENTS(fd, "create=file open=file");
    CHECK_EQ(write(file, "abc", 3), 3);
    CHECK_EQ(write(file, "abc", 3), 3); // the same event again is one
    CHECK_EVENTS(fd, "modify=file");
    char bytes[8];
    CHECK_EQ(pread(file, bytes, 8, 0), 6);
    CHECK_EVENTS(fd, "access=file");
    CHECK_EQ(pread(file, bytes, 8, 100), 0);
    CHECK_EVENTS(fd, "");
    CHECK_EQ(pwrite(file, bytes, 2, 4), 2);
    CHECK_OK(ftruncate(file, 1));
    CHECK_OK(fchmod(file, 0640));
    CHECK_EVENTS(fd, "modify=file attrib=file");
    CHECK_OK(posix_fallocate(file, 0, 100));
    CHECK_EVENTS(fd, "modify=file");
    CHECK_OK(close(file));
    CHECK_EVENTS(fd, "close_write=file");
    file = open(in_folder("file"), O_RDONLY);
    CHECK_OK(close(file));
    CHECK_EVENTS(fd, "open=file close=file");
    file = open(in_folder("file"), O_WRONLY | O_TRUNC);
    CHECK_OK(close(file));
    CHECK_EVENTS(fd, "open=file modify=file close_write=file");
    CHECK_OK(truncate(in_folder("file"), 5));
    CHECK_EVENTS(fd, "modify=file");
    CHECK_OK(close(open(in_folder("file"), O_PATH)));
    CHECK_EVENTS(fd, "");
    CHECK_OK(unlink(in_folder("file")));
    CHECK_EVENTS(fd, "delete=file");
    close(fd);
}

TEST(events, inotify_attributes)
{
    int fd = watching(IN_ATTRIB | IN_MODIFY | IN_ACCESS);
    make_file("file");
    char file[128];
    snprintf(file, sizeof file, "%s", in_folder("file"));
    CHECK_OK(chown(file, getuid(), getgid()));
    CHECK_EVENTS(fd, "attrib=file");
    struct timespec both[2] = {{1, 0}, {2, 0}}, access[2] = {{3, 0}, {0, UTIME_OMIT}};
    struct timespec change[2] = {{0, UTIME_OMIT}, {4, 0}};
    CHECK_OK(utimensat(AT_FDCWD, file, both, 0));
    CHECK_EVENTS(fd, "attrib=file");
    CHECK_OK(utimensat(AT_FDCWD, file, access, 0));
    CHECK_EVENTS(fd, "access=file");
    CHECK_OK(utimensat(AT_FDCWD, file, change, 0));
    CHECK_EVENTS(fd, "modify=file");
    CHECK_OK(chmod(folder, 0700));
    CHECK_EVENTS(fd, "attrib+dir");
    close(fd);
}

TEST(events, inotify_names)
{
    int fd = watching(IN_ALL_EVENTS & ~(IN_OPEN | IN_CLOSE | IN_ACCESS));
    make_file("a");
    CHECK_OK(mkdir(in_folder("d"), 0700));
    CHECK_OK(symlink("a", in_folder("s")));
    CHECK_OK(mkfifo(in_folder("p"), 0600));
    CHECK_EVENTS(fd, "create=a create+dir=d create=s create=p");
    CHECK_OK(link(in_folder("a"), in_folder("b")));
    CHECK_EVENTS(fd, "create=b");
    CHECK_OK(rename(in_folder("a"), in_folder("c")));
    CHECK_EVENTS(fd, "from=a to=c");
    CHECK(first_cookie != 0 && first_cookie == last_cookie);
    uint32_t old = last_cookie;
    CHECK_OK(rename(in_folder("d"), in_folder("e")));
    CHECK_EVENTS(fd, "from+dir=d to+dir=e");
    CHECK(last_cookie != old);
    CHECK_OK(rename(in_folder("c"), in_folder("e/c")));
    CHECK_EVENTS(fd, "from=c");
    CHECK_OK(rename(in_folder("e/c"), in_folder("s")));
    CHECK_EVENTS(fd, "to=s");
    CHECK_OK(rmdir(in_folder("e")));
    CHECK_OK(unlink(in_folder("p")));
    CHECK_EVENTS(fd, "delete+dir=e delete=p");
    close(fd);
}

TEST(events, inotify_of_the_watched_itself)
{
    make_folder();
    make_file("file");
    CHECK_OK(mkdir(in_folder("d"), 0700));
    int fd = inotify_init1(IN_NONBLOCK);
    CHECK_EQ(inotify_add_watch(fd, in_folder("file"), IN_ALL_EVENTS), 1);
    CHECK_OK(rename(in_folder("file"), in_folder("other")));
    CHECK_EVENTS(fd, "moved");
    CHECK_OK(link(in_folder("other"), in_folder("second")));
    CHECK_EVENTS(fd, "attrib");
    CHECK_OK(unlink(in_folder("second")));
    CHECK_EVENTS(fd, "attrib");
    int open_one = open(in_folder("other"), O_RDONLY);
    CHECK_OK(unlink(in_folder("other"))); // it lives on while it is open
    CHECK_EVENTS(fd, "open attrib");
    CHECK_OK(close(open_one));
    CHECK_EVENTS(fd, "close gone ignored");
    CHECK_EQ(last_wd, 1);
    CHECK_ERR(inotify_rm_watch(fd, 1), EINVAL);
    CHECK_EQ(inotify_add_watch(fd, in_folder("d"), IN_ALL_EVENTS), 2);
    CHECK_OK(rmdir(in_folder("d")));
    CHECK_EVENTS(fd, "gone ignored");
    make_file("x");
    make_file("y");
    CHECK_EQ(inotify_add_watch(fd, in_folder("y"), IN_DELETE_SELF | IN_ATTRIB), 3);
    CHECK_OK(rename(in_folder("x"), in_folder("y")));
    CHECK_EVENTS(fd, "attrib gone ignored");
    close(fd);
}

TEST(events, inotify_watch_flags)
{
    int fd = watching(IN_CREATE);
    CHECK_EQ(inotify_add_watch(fd, folder, IN_DELETE | IN_MASK_ADD), 1);
    make_file("a");
    CHECK_OK(unlink(in_folder("a")));
    CHECK_EVENTS(fd, "create=a delete=a");
    CHECK_EQ(inotify_add_watch(fd, folder, IN_DELETE), 1); // replaces
    make_file("a");
    CHECK_EVENTS(fd, "");
    CHECK_OK(inotify_rm_watch(fd, 1));
    CHECK_EVENTS(fd, "ignored");
    CHECK_EQ(inotify_add_watch(fd, folder, IN_OPEN | IN_ONESHOT), 2);
    make_file("a");
    make_file("a");
    CHECK_EVENTS(fd, "open=a ignored");
    CHECK_OK(symlink("a", in_folder("s")));
    CHECK_EQ(inotify_add_watch(fd, in_folder("s"), IN_ATTRIB | IN_OPEN), 3);
    make_file("a");
    CHECK_EVENTS(fd, "open");
    CHECK_EQ(inotify_add_watch(fd, in_folder("a"), IN_OPEN), 3); // the same file
    CHECK_EQ(inotify_add_watch(fd, in_folder("s"), IN_DELETE_SELF | IN_DONT_FOLLOW), 4);
    CHECK_OK(unlink(in_folder("s")));
    CHECK_EVENTS(fd, "gone ignored");
    close(fd);
}

TEST(events, inotify_unlinked_children)
{
    int fd = watching(IN_MODIFY | IN_CLOSE_WRITE);
    int other = inotify_init1(IN_NONBLOCK);
    CHECK_EQ(inotify_add_watch(other, folder, IN_MODIFY | IN_CLOSE_WRITE | IN_EXCL_UNLINK), 1);
    int file = open(in_folder("file"), O_CREAT | O_RDWR, 0600);
    CHECK_OK(unlink(in_folder("file")));
    CHECK_EQ(write(file, "x", 1), 1);
    CHECK_OK(close(file));
    CHECK_EVENTS(fd, "modify=file close_write=file");
    CHECK_EVENTS(other, "");
    close(fd);
    close(other);
}

TEST(events, inotify_overflow)
{
    int fd = watching(IN_CREATE | IN_DELETE);
    unsigned limit = 0;
    FILE* setting = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    REQUIRE(setting && fscanf(setting, "%u", &limit) == 1);
    fclose(setting);
    for (unsigned i = 0; i < limit / 2 + 10; i++) {
        make_file("f");
        unlink(in_folder("f"));
    }
    unsigned count = 0, overflows = 0;
    _Alignas(struct inotify_event) char buffer[4096];
    struct inotify_event last = {0};
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t at = 0; at < n;) {
            memcpy(&last, buffer + at, sizeof last);
            overflows += (last.mask & IN_Q_OVERFLOW) != 0;
            count++;
            at += (ssize_t)(sizeof last + last.len);
        }
    CHECK_EQ(count, limit + 1);
    CHECK_EQ(overflows, 1);
    CHECK(last.mask == IN_Q_OVERFLOW && last.wd == -1 && last.len == 0);
    make_file("g");
    CHECK_EVENTS(fd, "create=g");
    close(fd);
}

TEST(events, inotify_readiness)
{
    int fd = watching(IN_CREATE);
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    CHECK_EQ(poll(&p, 1, 0), 0);
    int set = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN}, got;
    CHECK_OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &wanted));
    CHECK_EQ(epoll_wait(set, &got, 1, 0), 0);
    make_file("a");
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN);
    CHECK_EQ(epoll_wait(set, &got, 1, 1000), 1);
    CHECK_EVENTS(fd, "create=a");
    CHECK_EQ(poll(&p, 1, 0), 0);
    make_file("b");
    make_file("a-name-of-sixteen-characters-and-more");
    char small[40]; // one event of 16 + 16 bytes fits, the next stays
    CHECK_EQ(read(fd, small, sizeof small), 32);
    CHECK_EVENTS(fd, "create=a-name-of-sixteen-characters-and-more");
    close(set);
    close(fd);
}

static void* create_later(void* argument)
{
    (void)argument;
    usleep(20000);
    make_file("late");
    return NULL;
}

TEST(events, inotify_blocking_read)
{
    make_folder();
    int fd = inotify_init();
    CHECK_EQ(inotify_add_watch(fd, folder, IN_CREATE), 1);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, create_later, NULL), 0);
    _Alignas(struct inotify_event) char buffer[64];
    CHECK_EQ(read(fd, buffer, sizeof buffer), 32);
    CHECK(strcmp(((struct inotify_event*)(void*)buffer)->name, "late") == 0);
    pthread_join(thread, NULL);
    close(fd);
}

TEST(events, inotify_limits)
{
    static const char* const names[] = {"max_queued_events", "max_user_instances", "max_user_watches"};
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        unsigned value = 0;
        snprintf(path, sizeof path, "/proc/sys/fs/inotify/%s", names[i]);
        FILE* setting = fopen(path, "r");
        REQUIRE(setting != NULL);
        CHECK_EQ(fscanf(setting, "%u", &value), 1);
        CHECK(value >= 16);
        fclose(setting);
    }
    int fds[1024];
    size_t made = 0;
    for (; made < 1024; made++)
        if ((fds[made] = inotify_init()) < 0)
            break;
    CHECK(made < 1024);
    CHECK_EQ(errno, EMFILE);
    while (made)
        close(fds[--made]);
    int fd = inotify_init();
    CHECK(fd >= 0);
    close(fd);
}
