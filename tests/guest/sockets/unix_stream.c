// Unix stream and seqpacket sockets: connections, names, ends.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

TEST(sockets, pair_both_ways)
{
    int s[2];
    char text[16] = {0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "hello", 5), 5);
    CHECK_EQ(send(s[1], "world!", 6, 0), 6);
    CHECK_EQ(read(s[1], text, 2), 2);
    CHECK_EQ(recv(s[1], text + 2, 14, 0), 3);
    CHECK_STR(text, "hello");
    memset(text, 0, sizeof text);
    CHECK_EQ(read(s[0], text, 16), 6);
    CHECK_STR(text, "world!");
    CHECK_ERR(recv(s[0], text, 1, MSG_DONTWAIT), EAGAIN);
    close_pair(s);
}

TEST(sockets, pair_flags_and_type)
{
    int s[2];
    struct stat st;
    char link[64], path[64];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s));
    CHECK_EQ(fcntl(s[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(s[1], F_GETFL), O_RDWR | O_NONBLOCK);
    CHECK_OK(fstat(s[0], &st));
    CHECK_EQ(st.st_mode, S_IFSOCK | 0777);
    snprintf(path, sizeof path, "/proc/self/fd/%d", s[0]);
    ssize_t length = CHECK_OK(readlink(path, link, sizeof link - 1));
    link[length < 0 ? 0 : length] = 0;
    snprintf(path, sizeof path, "socket:[%lu]", (unsigned long)st.st_ino);
    CHECK_STR(link, path);
    char c;
    CHECK_ERR(read(s[0], &c, 1), EAGAIN);
    CHECK_ERR(lseek(s[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERR(pread(s[0], &c, 1, 0), ESPIPE);
    close_pair(s);
    CHECK_ERR(socketpair(AF_UNIX, 77, 0, s), EINVAL);
    CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 77, s), EPROTONOSUPPORT);
    CHECK_ERR(socketpair(AF_UNIX, SOCK_RDM, 0, s), ESOCKTNOSUPPORT);
    CHECK_ERR(socket(AF_UNIX, SOCK_STREAM | 0x40000, 0), EINVAL);
    CHECK_ERR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERR(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
}

TEST(sockets, not_a_socket)
{
    int file = scratch_file("plain", "x");
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, "@x");
    int value = 1;
    CHECK_ERR(bind(file, (void*)&a, length), ENOTSOCK);
    CHECK_ERR(connect(file, (void*)&a, length), ENOTSOCK);
    CHECK_ERR(listen(file, 1), ENOTSOCK);
    CHECK_ERR(accept(file, NULL, NULL), ENOTSOCK);
    CHECK_ERR(send(file, "x", 1, 0), ENOTSOCK);
    CHECK_ERR(recv(file, &value, 1, 0), ENOTSOCK);
    CHECK_ERR(getsockname(file, (void*)&a, &length), ENOTSOCK);
    CHECK_ERR(setsockopt(file, SOL_SOCKET, SO_OOBINLINE, &value, sizeof value), ENOTSOCK);
    CHECK_ERR(shutdown(file, SHUT_RDWR), ENOTSOCK);
    CHECK_ERR(shutdown(999, SHUT_RDWR), EBADF);
    close(file);
}

TEST(sockets, stream_by_path)
{
    const char* path = scratch("stream");
    struct sockaddr_un a, b;
    struct stat st;
    socklen_t length = unix_address(&a, path), other = sizeof b;
    remove_tree(path);
    int listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    int client = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERR(connect(client, (void*)&a, length), ENOENT);
    CHECK_ERR(listen(listener, 5), EINVAL); // without a name
    CHECK_OK(bind(listener, (void*)&a, length));
    CHECK_ERR(bind(listener, (void*)&a, length), EADDRINUSE);
    b = a;
    unix_address(&b, "@other");
    CHECK_ERR(bind(listener, (void*)&b, 8), EINVAL); // it has a name
    CHECK_OK(stat(path, &st));
    CHECK(S_ISSOCK(st.st_mode));
    CHECK_ERR(open(path, O_RDWR), ENXIO);
    CHECK_ERR(connect(client, (void*)&a, length), ECONNREFUSED); // nobody listens
    int second = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERR(bind(second, (void*)&a, length), EADDRINUSE);
    CHECK_OK(listen(listener, 5));
    int wrong = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    CHECK_ERR(connect(wrong, (void*)&a, length), EPROTOTYPE);
    close(wrong);
    CHECK_EQ(int_option(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    CHECK_EQ(poll_state(listener, ALL_EVENTS), 0);
    CHECK_OK(connect(client, (void*)&a, length));
    CHECK_ERR(connect(client, (void*)&a, length), EISCONN);
    CHECK_EQ(poll_state(listener, ALL_EVENTS), POLLIN);
    CHECK_EQ(write(client, "early", 5), 5); // before it is accepted
    memset(&b, 0xff, sizeof b);
    int server = CHECK_OK(accept4(listener, (void*)&b, &other, SOCK_CLOEXEC | SOCK_NONBLOCK));
    CHECK_EQ(other, 2); // the client has no name
    CHECK_EQ(b.sun_family, AF_UNIX);
    CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(server, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    char text[8] = {0};
    CHECK_EQ(read(server, text, 8), 5);
    CHECK_STR(text, "early");
    other = sizeof b;
    CHECK_OK(getpeername(client, (void*)&b, &other));
    CHECK_EQ(other, length);
    CHECK_STR(b.sun_path, path);
    other = sizeof b;
    CHECK_OK(getsockname(server, (void*)&b, &other));
    CHECK_EQ(other, length);
    close(listener);
    CHECK_EQ(write(client, "still", 5), 5); // a connection outlives its listener
    CHECK_EQ(read(server, text, 8), 5);
    close(second);
    second = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERR(connect(second, (void*)&a, length), ECONNREFUSED); // the name is there, its owner is not
    CHECK_ERR(accept(client, NULL, NULL), EINVAL);
    close(second);
    close(client);
    close(server);
    CHECK_OK(unlink(path));
}

TEST(sockets, abstract_names)
{
    struct sockaddr_un a, b;
    socklen_t length = unix_address(&a, "@kiln-abstract"), other = sizeof b;
    int listener = CHECK_OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
    CHECK_OK(bind(listener, (void*)&a, length));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(getsockname(listener, (void*)&b, &other));
    CHECK_EQ(other, length);
    CHECK_EQ(memcmp(&a, &b, length), 0);
    int stream = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERR(connect(stream, (void*)&a, length), ECONNREFUSED); // each type has names of its own
    CHECK_ERR(connect(stream, (void*)&a, length - 1), ECONNREFUSED);
    CHECK_ERR(connect(stream, (void*)&a, 2), EINVAL);
    CHECK_ERR(connect(stream, (void*)&a, 200), EINVAL);
    int second = CHECK_OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
    CHECK_ERR(bind(second, (void*)&a, length), EADDRINUSE);
    close(second);
    CHECK_OK(bind(stream, (void*)&a, 2)); // the kernel chooses
    other = sizeof b;
    CHECK_OK(getsockname(stream, (void*)&b, &other));
    CHECK_EQ(other, 2 + 6);
    CHECK_EQ(b.sun_path[0], 0);
    close(listener);
    CHECK_ERR(connect(stream, (void*)&a, length), ECONNREFUSED);
    close(stream);
}

TEST(sockets, end_of_stream)
{
    int s[2];
    char text[8];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "rest", 4), 4);
    close(s[0]);
    CHECK_EQ(poll_state(s[1], ALL_EVENTS), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    CHECK_EQ(read(s[1], text, 8), 4);
    CHECK_EQ(read(s[1], text, 8), 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERR(write(s[1], "x", 1), EPIPE);
    close(s[1]);
    // What was not read is told to the other side.
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "lost", 4), 4);
    close(s[1]);
    CHECK_EQ(poll_state(s[0], POLLIN), POLLIN | POLLERR | POLLHUP);
    CHECK_ERR(read(s[0], text, 8), ECONNRESET);
    CHECK_EQ(read(s[0], text, 8), 0);
    close(s[0]);
}

TEST(sockets, halves)
{
    int s[2];
    char c;
    signal(SIGPIPE, SIG_IGN);
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_ERR(shutdown(s[0], 3), EINVAL);
    CHECK_OK(shutdown(s[0], SHUT_WR));
    CHECK_ERR(write(s[0], "x", 1), EPIPE);
    CHECK_EQ(read(s[1], &c, 1), 0);
    CHECK_EQ(poll_state(s[1], ALL_EVENTS), POLLIN | POLLOUT | POLLRDHUP);
    CHECK_EQ(poll_state(s[0], ALL_EVENTS), POLLOUT);
    CHECK_EQ(write(s[1], "y", 1), 1);
    CHECK_EQ(read(s[0], &c, 1), 1);
    CHECK_OK(shutdown(s[0], SHUT_RD));
    CHECK_ERR(write(s[1], "y", 1), EPIPE);
    CHECK_EQ(poll_state(s[0], ALL_EVENTS), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    close_pair(s);
}

static volatile int pipe_signals;
static void count_pipe(int signal_number)
{
    (void)signal_number;
    pipe_signals++;
}

TEST(sockets, broken_pipe_signal)
{
    int s[2];
    pipe_signals = 0;
    signal(SIGPIPE, count_pipe);
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    close(s[1]);
    CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(pipe_signals, 0);
    CHECK_ERR(send(s[0], "x", 1, 0), EPIPE);
    CHECK_EQ(pipe_signals, 1);
    CHECK_ERR(write(s[0], "x", 1), EPIPE);
    CHECK_EQ(pipe_signals, 2);
    close(s[0]);
}

TEST(sockets, unconnected)
{
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    struct sockaddr_un a;
    socklen_t length = sizeof a;
    char c;
    CHECK_ERR(read(fd, &c, 1), EINVAL);
    CHECK_ERR(write(fd, "x", 1), ENOTCONN);
    CHECK_ERR(getpeername(fd, (void*)&a, &length), ENOTCONN);
    CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
    CHECK_EQ(poll_state(fd, ALL_EVENTS), POLLOUT | POLLHUP);
    length = unix_address(&a, "@nobody");
    CHECK_ERR(sendto(fd, "x", 1, 0, (void*)&a, length), EOPNOTSUPP);
    a.sun_family = AF_INET;
    CHECK_ERR(connect(fd, (void*)&a, length), EINVAL);
    close(fd);
    int s[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    length = unix_address(&a, "@nobody");
    CHECK_ERR(sendto(s[0], "x", 1, 0, (void*)&a, length), EISCONN);
    close_pair(s);
}

TEST(sockets, stream_fills_and_empties)
{
    int s[2];
    static char block[65536];
    size_t sent = 0, received = 0;
    ssize_t n;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7 + 3);
    while ((n = write(s[0], block, sizeof block)) > 0)
        sent += (size_t)n;
    CHECK_EQ(errno, EAGAIN);
    CHECK_RANGE(sent, 64 * 1024, 1024 * 1024);
    CHECK_EQ(poll_state(s[0], POLLOUT), 0);
    int queued = 0;
    CHECK_OK(ioctl(s[1], FIONREAD, &queued));
    CHECK_EQ(queued, sent);
    CHECK_OK(ioctl(s[0], TIOCOUTQ, &queued));
    CHECK(queued >= (int)sent);
    static char got[10007];
    bool right = true;
    while ((n = read(s[1], got, sizeof got)) > 0)
        for (ssize_t i = 0; i < n; i++, received++)
            right = right && got[i] == (char)(received % sizeof block * 7 + 3);
    CHECK(right);
    CHECK_EQ(received, sent);
    CHECK_EQ(poll_state(s[0], POLLOUT), POLLOUT);
    close_pair(s);
}

TEST(sockets, seqpacket_keeps_borders)
{
    int s[2];
    char text[16] = {0};
    struct iovec iov[2] = {{text, 2}, {text + 8, 3}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    CHECK_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
    CHECK_EQ(write(s[0], "one", 3), 3);
    CHECK_EQ(write(s[0], "twoandmore", 10), 10);
    CHECK_EQ(write(s[0], "three", 5), 5);
    CHECK_EQ(read(s[1], text, 16), 3);
    CHECK_EQ(recvmsg(s[1], &message, 0), 5);
    CHECK(message.msg_flags & MSG_TRUNC);
    CHECK_EQ(memcmp(text + 8, "oan", 3), 0);
    CHECK_EQ(recv(s[1], text, 2, MSG_TRUNC | MSG_PEEK), 5);
    CHECK_EQ(recv(s[1], text, 16, 0), 5);
    close(s[0]);
    CHECK_EQ(read(s[1], text, 16), 0);
    CHECK_ERR(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    close(s[1]);
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
    CHECK_ERR(read(fd, text, 1), ENOTCONN);
    CHECK_ERR(write(fd, text, 1), ENOTCONN);
    close(fd);
}

TEST(sockets, peek)
{
    int s[2];
    char text[16] = {0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "abc", 3), 3);
    CHECK_EQ(write(s[0], "def", 3), 3);
    CHECK_EQ(recv(s[1], text, 16, MSG_PEEK), 6);
    CHECK_STR(text, "abcdef");
    CHECK_EQ(recv(s[1], text, 4, 0), 4);
    CHECK_EQ(recv(s[1], text, 16, MSG_PEEK), 2);
    CHECK_EQ(memcmp(text, "ef", 2), 0);
    close_pair(s);
}

TEST(sockets, backlog)
{
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, "@kiln-backlog");
    int listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (void*)&a, length));
    CHECK_OK(listen(listener, 1));
    int fds[3];
    for (int i = 0; i < 3; i++)
        fds[i] = CHECK_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    CHECK_OK(connect(fds[0], (void*)&a, length));
    CHECK_OK(connect(fds[1], (void*)&a, length));
    CHECK_ERR(connect(fds[2], (void*)&a, length), EAGAIN);
    int accepted = CHECK_OK(accept(listener, NULL, NULL));
    CHECK_OK(connect(fds[2], (void*)&a, length));
    close(listener); // two that were never accepted
    char c;
    CHECK_ERR(read(fds[1], &c, 1), ECONNRESET);
    CHECK_EQ(read(fds[1], &c, 1), 0);
    CHECK_ERR(read(fds[0], &c, 1), EAGAIN);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(accepted);
}

static void* accept_later(void* listener)
{
    let_it_block();
    int fd = CHECK_OK(accept(*(int*)listener, NULL, NULL));
    let_it_block();
    return (void*)(intptr_t)fd;
}

TEST(sockets, connect_waits_for_room)
{
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, "@kiln-room");
    int listener = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (void*)&a, length));
    CHECK_OK(listen(listener, 0));
    int first = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0)), second = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(connect(first, (void*)&a, length));
    pthread_t thread = start_thread(accept_later, &listener);
    CHECK_OK(connect(second, (void*)&a, length));
    void* accepted;
    pthread_join(thread, &accepted);
    close((int)(intptr_t)accepted);
    close(first);
    close(second);
    close(listener);
}
