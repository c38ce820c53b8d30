// Descriptors and credentials in messages (SCM_RIGHTS, SCM_CREDENTIALS), and circles of them.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <fcntl.h>
#include <sys/stat.h>

struct received {
    ssize_t bytes;
    int flags;
    int files[16];
    size_t count;
    struct ucred who;
    bool has_who;
    char text[32];
};

static struct received receive(int fd, size_t control_size, int flags)
{
    struct received r = {0};
    char control[512] = {0};
    struct iovec iov = {r.text, sizeof r.text};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = control_size};
    r.bytes = recvmsg(fd, &m, flags);
    r.flags = m.msg_flags;
    if (r.bytes < 0)
        return r;
    for (struct cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_type == SCM_RIGHTS) {
            r.count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(r.files, CMSG_DATA(c), r.count * sizeof(int));
        } else if (c->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&r.who, CMSG_DATA(c), sizeof r.who);
            r.has_who = true;
        }
    }
    return r;
}

static void pass_and_use(int type)
{
    int s[2], pipe_ends[2];
    char c = 0;
    CHECK_OK(socketpair(AF_UNIX, type, 0, s));
    CHECK_OK(pipe(pipe_ends));
    CHECK_OK(send_files(s[0], pipe_ends, 2, "two"));
    close_pair(pipe_ends);
    struct received r = receive(s[1], 512, MSG_CMSG_CLOEXEC);
    CHECK_EQ(r.bytes, 3);
    CHECK_EQ(r.count, 2);
    CHECK_EQ(r.flags, MSG_CMSG_CLOEXEC);
    if (r.count == 2) {
        CHECK_EQ(fcntl(r.files[0], F_GETFD), FD_CLOEXEC);
        CHECK_EQ(write(r.files[1], "p", 1), 1);
        CHECK_EQ(read(r.files[0], &c, 1), 1);
        CHECK_EQ(c, 'p');
        close_pair(r.files);
    }
    close_pair(s);
}

TEST(sockets, rights_stream)
{
    pass_and_use(SOCK_STREAM);
}
TEST(sockets, rights_datagram)
{
    pass_and_use(SOCK_DGRAM);
}
TEST(sockets, rights_seqpacket)
{
    pass_and_use(SOCK_SEQPACKET);
}

TEST(sockets, rights_without_room)
{
    int s[2], files[3] = {0, 0, 0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    for (int i = 0; i < 3; i++)
        files[i] = CHECK_OK(dup(s[0]));
    CHECK_OK(send_files(s[0], files, 3, "x"));
    struct received r = receive(s[1], CMSG_LEN(sizeof(int)), 0); // room for one
    CHECK_EQ(r.count, 1);
    CHECK_EQ(r.flags & MSG_CTRUNC, MSG_CTRUNC);
    close(r.files[0]);
    CHECK_OK(send_files(s[0], files, 3, "y"));
    r = receive(s[1], 0, 0);
    CHECK_EQ(r.count, 0);
    CHECK_EQ(r.flags & MSG_CTRUNC, MSG_CTRUNC);
    // read() takes the bytes and loses the files.
    CHECK_OK(send_files(s[0], files, 3, "z"));
    char c;
    CHECK_EQ(read(s[1], &c, 1), 1);
    for (int i = 0; i < 3; i++)
        close(files[i]);
    close_pair(s);
}

TEST(sockets, rights_are_a_border)
{
    int s[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "ab", 2), 2);
    CHECK_OK(send_files(s[0], s, 1, "cd"));
    CHECK_EQ(write(s[0], "ef", 2), 2);
    struct received r = receive(s[1], 512, 0);
    CHECK_EQ(r.bytes, 4); // up to the message with files, and no further
    CHECK_EQ(r.count, 1);
    close(r.files[0]);
    r = receive(s[1], 512, 0);
    CHECK_EQ(r.bytes, 2);
    CHECK_EQ(r.count, 0);
    close_pair(s);
}

TEST(sockets, rights_peek)
{
    int s[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_OK(send_files(s[0], s, 2, "ab"));
    struct received r = receive(s[1], 512, MSG_PEEK);
    CHECK_EQ(r.count, 2);
    close_pair(r.files);
    r = receive(s[1], 512, 0);
    CHECK_EQ(r.count, 2);
    close_pair(r.files);
    close_pair(s);
}

TEST(sockets, rights_wrong)
{
    int s[2], bad = 999;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_ERR(send_files(s[0], &bad, 1, "x"), EBADF);
    char control[CMSG_SPACE(4)] = {0};
    struct iovec iov = {"x", 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr* c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_len = 5, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    CHECK_ERR(sendmsg(s[0], &m, 0), EINVAL);
    c->cmsg_len = 1000;
    CHECK_ERR(sendmsg(s[0], &m, 0), EINVAL);
    c->cmsg_len = CMSG_LEN(4);
    c->cmsg_type = 77;
    CHECK_ERR(sendmsg(s[0], &m, 0), EINVAL);
    c->cmsg_level = 77; // not for sockets: nobody looks
    CHECK_EQ(sendmsg(s[0], &m, 0), 1);
    m.msg_controllen = 8 << 20;
    CHECK_ERR(sendmsg(s[0], &m, 0), ENOBUFS);
    m.msg_controllen = 0;
    m.msg_iovlen = 1025;
    CHECK_ERR(sendmsg(s[0], &m, 0), EMSGSIZE);
    close_pair(s);
}

TEST(sockets, credentials)
{
    int s[2];
    struct ucred who = {0};
    socklen_t length = sizeof who;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &who, &length));
    CHECK_EQ(length, sizeof who);
    CHECK_EQ(who.pid, getpid());
    CHECK_EQ(who.uid, geteuid());
    CHECK_EQ(who.gid, getegid());
    CHECK_OK(set_int_option(s[1], SOL_SOCKET, SO_PASSCRED, 1));
    CHECK_EQ(write(s[0], "c", 1), 1);
    struct received r = receive(s[1], 512, 0);
    CHECK(r.has_who);
    CHECK_EQ(r.who.pid, getpid());
    CHECK_EQ(r.who.uid, getuid());
    close_pair(s);
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length));
    CHECK_EQ(who.pid, 0);
    CHECK_EQ(who.uid, (uid_t)-1);
    close(fd);
}

static long open_sockets(void)
{
    // A socket's inode numbers grow; what counts here is the memory that circles would hold.
    long kilobytes = 0;
    char line[128];
    FILE* f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemFree: %ld kB", &kilobytes) == 1)
            break;
    if (f)
        fclose(f);
    return kilobytes;
}

static void make_circle(void)
{
    int s[2];
    static char block[4000];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], block, sizeof block), sizeof block);
    CHECK_EQ(write(s[1], block, sizeof block), sizeof block);
    CHECK_OK(send_files(s[0], s, 2, "me"));
    CHECK_OK(send_files(s[1], s, 2, "you"));
    close_pair(s);
}

TEST(sockets, circles_of_rights_end)
{
    for (int i = 0; i < 100; i++)
        make_circle();
    long before = open_sockets();
    for (int i = 0; i < 3000; i++)
        make_circle();
    long after = open_sockets();
    if (before > 0 && getpid() == 1) // on Linux others use memory too
        CHECK_RANGE(before - after, -100000, 4096);
}

TEST(sockets, a_socket_in_flight_lives)
{
    // b travels in a's queue while only a is open; a collection must not take it.
    int a[2], b[2];
    char c = 0;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, a));
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, b));
    CHECK_OK(send_files(b[0], &b[1], 1, "self")); // b[1] lies in its own queue
    CHECK_OK(send_files(a[0], b, 2, "b"));
    close_pair(b);
    for (int i = 0; i < 200; i++)
        make_circle();
    struct received r = receive(a[1], 512, 0);
    CHECK_EQ(r.count, 2);
    struct received inner = receive(r.files[1], 512, 0);
    CHECK_EQ(inner.count, 1);
    CHECK_EQ(write(r.files[0], "q", 1), 1);
    CHECK_EQ(read(inner.files[0], &c, 1), 1);
    CHECK_EQ(c, 'q');
    close(inner.files[0]);
    close_pair(r.files);
    close_pair(a);
}

TEST(sockets, deep_chain_of_rights)
{
    int previous = -1;
    for (int i = 0; i < 2000; i++) {
        int s[2];
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
        if (previous >= 0) {
            CHECK_OK(send_files(s[0], &previous, 1, "in"));
            close(previous);
        }
        close(s[0]);
        previous = s[1];
    }
    close(previous); // each one's end is the next one's
}
