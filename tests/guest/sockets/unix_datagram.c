// Unix datagrams.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <fcntl.h>

static int named(const char* name)
{
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, name);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_OK(bind(fd, (void*)&a, length));
    return fd;
}

static int connect_to(int fd, const char* name)
{
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, name);
    return connect(fd, (void*)&a, length);
}

TEST(sockets, datagrams_and_senders)
{
    struct sockaddr_un a;
    char text[16] = {0};
    int one = named("@dgram-1"), two = named("@dgram-2");
    socklen_t length = unix_address(&a, "@dgram-2");
    CHECK_EQ(sendto(one, "ping", 4, 0, (void*)&a, length), 4);
    CHECK_EQ(sendto(one, "", 0, 0, (void*)&a, length), 0);
    length = sizeof a;
    CHECK_EQ(recvfrom(two, text, sizeof text, 0, (void*)&a, &length), 4);
    CHECK_EQ(length, 2 + 8);
    CHECK_EQ(memcmp(a.sun_path, "\0dgram-1", 8), 0);
    CHECK_EQ(sendto(two, "pong", 4, 0, (void*)&a, length), 4);
    CHECK_EQ(recv(two, text, sizeof text, 0), 0); // an empty one is a message too
    CHECK_ERR(recv(two, text, sizeof text, MSG_DONTWAIT), EAGAIN);
    CHECK_EQ(recv(one, text, 2, MSG_TRUNC), 4);
    CHECK_ERR(send(one, "x", 1, 0), ENOTCONN);
    CHECK_OK(connect_to(one, "@dgram-2"));
    CHECK_EQ(send(one, "x", 1, 0), 1);
    CHECK_EQ(recv(two, text, sizeof text, 0), 1);
    // Who is connected to another takes nothing from us.
    int three = named("@dgram-3");
    length = unix_address(&a, "@dgram-1");
    CHECK_ERR(sendto(three, "x", 1, 0, (void*)&a, length), EPERM);
    CHECK_ERR(connect_to(three, "@dgram-1"), EPERM);
    // Away again.
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK_OK(connect(one, &none, sizeof none));
    CHECK_EQ(sendto(three, "x", 1, 0, (void*)&a, length), 1);
    CHECK_ERR(send(one, "x", 1, 0), ENOTCONN);
    close(one);
    close(two);
    close(three);
}

TEST(sockets, datagram_to_nobody)
{
    const char* path = scratch("nobody");
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, path);
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    remove_tree(path);
    CHECK_ERR(sendto(fd, "x", 1, 0, (void*)&a, length), ENOENT);
    int other = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    CHECK_OK(bind(other, (void*)&a, length));
    CHECK_OK(connect(fd, (void*)&a, length));
    CHECK_EQ(send(fd, "x", 1, 0), 1);
    close(other);
    CHECK_ERR(send(fd, "x", 1, 0), ECONNREFUSED);
    CHECK_ERR(send(fd, "x", 1, 0), ENOTCONN); // the first error ended the connection
    CHECK_ERR(connect(fd, (void*)&a, length), ECONNREFUSED);
    CHECK_ERR(listen(fd, 1), EOPNOTSUPP);
    CHECK_ERR(accept(fd, NULL, NULL), EOPNOTSUPP);
    close(fd);
    unlink(path);
}

TEST(sockets, datagram_sizes)
{
    int s[2];
    static char block[300000];
    CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    CHECK_ERR(send(s[0], block, sizeof block, 0), EMSGSIZE);
    CHECK_EQ(send(s[0], block, 100000, 0), 100000);
    CHECK_EQ(recv(s[1], block, sizeof block, 0), 100000);
    int sent = 0;
    while (send(s[0], block, 1000, MSG_DONTWAIT) == 1000)
        sent++;
    CHECK_EQ(errno, EAGAIN);
    CHECK_RANGE(sent, 5, 1000);
    for (int i = 0; i < sent; i++)
        CHECK_EQ(recv(s[1], block, sizeof block, 0), 1000);
    CHECK_EQ(poll_state(s[0], POLLOUT), POLLOUT);
    close(s[1]);
    CHECK_ERR(send(s[0], "x", 1, 0), ECONNREFUSED);
    close(s[0]);
}

TEST(sockets, datagram_pair_ends)
{
    int s[2];
    char c;
    CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    CHECK_OK(shutdown(s[1], SHUT_RD));
    CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(recv(s[1], &c, 1, 0), 0);
    CHECK_OK(shutdown(s[0], SHUT_WR));
    CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(poll_state(s[0], POLLIN | POLLOUT), POLLOUT);
    close_pair(s);
}
