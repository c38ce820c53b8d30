// Options that all sockets have, and what unix sockets say to those of others.
#include "../check.h"
#include "sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

TEST(sockets, options_of_unix)
{
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_DOMAIN), AF_UNIX);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_PROTOCOL), 0);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), 0);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_REUSEADDR), 0);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_REUSEADDR, 7));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_SNDBUF), 212992);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_SNDBUF, 10000));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_SNDBUF), 20000);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_SNDBUF, 0));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_SNDBUF), 4608);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_RCVBUF, 1 << 30));
    CHECK_RANGE(int_option(fd, SOL_SOCKET, SO_RCVBUF), 425984, 1 << 28); // net.core.rmem_max, doubled
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_RCVBUF, 1));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_RCVBUF), 2304);
    struct linger l = {1, 5}, got = {0, 0};
    socklen_t length = sizeof got;
    CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l));
    CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &length));
    CHECK_EQ(got.l_onoff, 1);
    CHECK_EQ(got.l_linger, 5);
    // Other levels and unknown names.
    CHECK_ERR(set_int_option(fd, IPPROTO_TCP, TCP_NODELAY, 1), EOPNOTSUPP);
    CHECK_ERR(set_int_option(fd, IPPROTO_IP, IP_TOS, 1), EOPNOTSUPP);
    CHECK_ERR(int_option(fd, IPPROTO_TCP, TCP_NODELAY), EOPNOTSUPP);
    CHECK_ERR(set_int_option(fd, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
    CHECK_ERR(int_option(fd, SOL_SOCKET, 9999), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, SOL_SOCKET, SO_ERROR, 1), ENOPROTOOPT);
    close(fd);
}

TEST(sockets, option_lengths)
{
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0)), value = 1;
    unsigned char few[2] = {9, 9};
    socklen_t length = sizeof few;
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 2), EINVAL);
    CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, -1), EINVAL);
    CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, few, &length));
    CHECK_EQ(length, 2);
    CHECK_EQ(few[0], 1);
    CHECK_EQ(few[1], 0);
    char many[64];
    length = sizeof many;
    CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, many, &length));
    CHECK_EQ(length, 4);
    length = (socklen_t)-1;
    CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_TYPE, many, &length), EINVAL);
    close(fd);
}
