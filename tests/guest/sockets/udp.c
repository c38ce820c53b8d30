// UDP over loopback, both families.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>

static struct sockaddr_in v4(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}};
}

static struct sockaddr_in6 v6(const struct in6_addr address, uint16_t port)
{
    return (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address};
}

// A socket bound to a port of the kernel's choice on 127.0.0.1.
static int bound(struct sockaddr_in* where)
{
    socklen_t length = sizeof *where;
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    *where = v4(INADDR_LOOPBACK, 0);
    CHECK_OK(bind(fd, (void*)where, sizeof *where));
    CHECK_OK(getsockname(fd, (void*)where, &length));
    CHECK_EQ(length, sizeof *where);
    return fd;
}

TEST(sockets, udp_there_and_back)
{
    struct sockaddr_in a, b, from;
    char text[16] = {0};
    int one = bound(&a), two = bound(&b);
    CHECK(ntohs(a.sin_port) >= 1024 && a.sin_port != b.sin_port);
    CHECK_EQ(poll_state(one, ALL_EVENTS), POLLOUT);
    CHECK_EQ(sendto(one, "ping", 4, 0, (void*)&b, sizeof b), 4);
    socklen_t length = sizeof from;
    CHECK_EQ(recvfrom(two, text, sizeof text, 0, (void*)&from, &length), 4);
    CHECK_STR(text, "ping");
    CHECK_EQ(length, sizeof from);
    CHECK_EQ(from.sin_port, a.sin_port);
    CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_EQ(sendto(two, "", 0, 0, (void*)&from, length), 0);
    CHECK_EQ(poll_state(one, ALL_EVENTS), POLLIN | POLLOUT);
    CHECK_EQ(recv(one, text, sizeof text, 0), 0);
    CHECK_ERR(recv(one, text, sizeof text, MSG_DONTWAIT), EAGAIN);
    CHECK_EQ(sendto(one, "12345678", 8, 0, (void*)&b, sizeof b), 8);
    int waiting = 0;
    CHECK_OK(ioctl(two, FIONREAD, &waiting));
    CHECK_EQ(waiting, 8);
    CHECK_EQ(recv(two, text, 3, MSG_PEEK | MSG_TRUNC), 8);
    struct iovec iov = {text, 3};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    CHECK_EQ(recvmsg(two, &m, 0), 3);
    CHECK_EQ(m.msg_flags, MSG_TRUNC);
    close(one);
    close(two);
}

TEST(sockets, udp_connected)
{
    struct sockaddr_in a, b, c, peer;
    char text[16] = {0};
    int one = bound(&a), two = bound(&b), three = bound(&c);
    CHECK_ERR(send(one, "x", 1, 0), EDESTADDRREQ);
    CHECK_ERR(getpeername(one, (void*)&peer, &(socklen_t){sizeof peer}), ENOTCONN);
    CHECK_OK(connect(one, (void*)&b, sizeof b));
    CHECK_OK(getpeername(one, (void*)&peer, &(socklen_t){sizeof peer}));
    CHECK_EQ(peer.sin_port, b.sin_port);
    CHECK_EQ(send(one, "hi", 2, 0), 2);
    CHECK_EQ(recv(two, text, sizeof text, 0), 2);
    CHECK_EQ(sendto(three, "no", 2, 0, (void*)&a, sizeof a), 2); // not from the peer: not delivered
    CHECK_EQ(sendto(two, "yes", 3, 0, (void*)&a, sizeof a), 3);
    CHECK_EQ(recv(one, text, sizeof text, 0), 3);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK_OK(connect(one, &none, sizeof none));
    CHECK_ERR(send(one, "x", 1, 0), EDESTADDRREQ);
    CHECK_ERR(listen(one, 1), EOPNOTSUPP);
    CHECK_ERR(accept(one, NULL, NULL), EOPNOTSUPP);
    close(one);
    close(two);
    close(three);
}

TEST(sockets, udp_nobody_there)
{
    struct sockaddr_in a, b;
    char c;
    int one = bound(&a), two = bound(&b);
    close(two);
    CHECK_OK(connect(one, (void*)&b, sizeof b));
    CHECK_EQ(send(one, "x", 1, 0), 1);
    struct pollfd p = {one, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, 2000), 1);
    CHECK_EQ(p.revents & POLLERR, POLLERR);
    CHECK_ERR(recv(one, &c, 1, 0), ECONNREFUSED);
    CHECK_ERR(recv(one, &c, 1, MSG_DONTWAIT), EAGAIN);
    CHECK_EQ(send(one, "x", 1, 0), 1);
    CHECK_EQ(poll(&p, 1, 2000), 1);
    CHECK_EQ(int_option(one, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    CHECK_EQ(int_option(one, SOL_SOCKET, SO_ERROR), 0);
    close(one);
}

TEST(sockets, udp_ports)
{
    struct sockaddr_in a;
    int one = bound(&a), two = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK_ERR(bind(one, (void*)&a, sizeof a), EINVAL);
    CHECK_ERR(bind(two, (void*)&a, sizeof a), EADDRINUSE);
    CHECK_ERR(bind(two, (void*)&a, 8), EINVAL);
    struct sockaddr_in elsewhere = v4(0xc0000201, 0); // 192.0.2.1: not ours
    CHECK_ERR(bind(two, (void*)&elsewhere, sizeof elsewhere), EADDRNOTAVAIL);
    a.sin_family = AF_INET6;
    CHECK_ERR(bind(two, (void*)&a, sizeof a), EAFNOSUPPORT);
    close(one);
    close(two);
}

TEST(sockets, udp_big_datagrams)
{
    struct sockaddr_in a, b;
    static char block[70000], got[70000];
    int one = bound(&a), two = bound(&b);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 13 >> 2);
    CHECK_EQ(sendto(one, block, 65507, 0, (void*)&b, sizeof b), 65507);
    CHECK_EQ(recv(two, got, sizeof got, 0), 65507);
    CHECK_EQ(memcmp(block, got, 65507), 0);
    CHECK_ERR(sendto(one, block, 65508, 0, (void*)&b, sizeof b), EMSGSIZE);
    close(one);
    close(two);
}

TEST(sockets, udp_ipv6)
{
    struct sockaddr_in6 a = v6(in6addr_loopback, 0), from;
    socklen_t length = sizeof a;
    char text[8] = {0};
    int one = CHECK_OK(socket(AF_INET6, SOCK_DGRAM, 0)), two = CHECK_OK(socket(AF_INET6, SOCK_DGRAM, 0));
    CHECK_OK(bind(one, (void*)&a, sizeof a));
    CHECK_OK(getsockname(one, (void*)&a, &length));
    CHECK_EQ(sendto(two, "six", 3, 0, (void*)&a, sizeof a), 3);
    length = sizeof from;
    CHECK_EQ(recvfrom(one, text, sizeof text, 0, (void*)&from, &length), 3);
    CHECK_EQ(length, sizeof from);
    CHECK_EQ(memcmp(&from.sin6_addr, &in6addr_loopback, 16), 0);
    close(one);
    close(two);
}

TEST(sockets, udp_dual_stack)
{
    struct sockaddr_in6 any = v6(in6addr_any, 0), from;
    socklen_t length = sizeof any;
    char text[8] = {0};
    int six = CHECK_OK(socket(AF_INET6, SOCK_DGRAM, 0)), four = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK_OK(bind(six, (void*)&any, sizeof any));
    CHECK_OK(getsockname(six, (void*)&any, &length));
    struct sockaddr_in to = v4(INADDR_LOOPBACK, ntohs(any.sin6_port));
    CHECK_EQ(sendto(four, "four", 4, 0, (void*)&to, sizeof to), 4);
    length = sizeof from;
    CHECK_EQ(recvfrom(six, text, sizeof text, 0, (void*)&from, &length), 4);
    CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
    CHECK_EQ(sendto(six, "back", 4, 0, (void*)&from, length), 4);
    CHECK_EQ(recv(four, text, sizeof text, 0), 4);
    close(six);
    close(four);
}

TEST(sockets, udp_control_messages)
{
    struct sockaddr_in a, b;
    char control[256], c;
    struct iovec iov = {&c, 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int one = bound(&a), two = bound(&b), infos = 0, ttls = 0, services = 0, times = 0;
    CHECK_OK(set_int_option(two, IPPROTO_IP, IP_PKTINFO, 1));
    CHECK_OK(set_int_option(two, IPPROTO_IP, IP_RECVTTL, 1));
    CHECK_OK(set_int_option(two, IPPROTO_IP, IP_RECVTOS, 1));
    CHECK_OK(set_int_option(two, SOL_SOCKET, SO_TIMESTAMP, 1));
    CHECK_OK(set_int_option(one, IPPROTO_IP, IP_TOS, 0x10));
    CHECK_OK(set_int_option(one, IPPROTO_IP, IP_TTL, 33));
    CHECK_EQ(sendto(one, "x", 1, 0, (void*)&b, sizeof b), 1);
    CHECK_EQ(recvmsg(two, &m, 0), 1);
    for (struct cmsghdr* h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
            const struct in_pktinfo* i = (void*)CMSG_DATA(h);
            CHECK_EQ(i->ipi_ifindex, 1);
            CHECK_EQ(i->ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
            infos++;
        } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TTL) {
            CHECK_EQ(*(int*)CMSG_DATA(h), 33);
            ttls++;
        } else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_TOS) {
            CHECK_EQ(*CMSG_DATA(h), 0x10);
            services++;
        } else if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SO_TIMESTAMP) {
            CHECK_EQ(h->cmsg_len, CMSG_LEN(sizeof(struct timeval)));
            times++;
        }
    }
    CHECK_EQ(infos, 1);
    CHECK_EQ(ttls, 1);
    CHECK_EQ(services, 1);
    CHECK_EQ(times, 1);
    close(one);
    close(two);
}

TEST(sockets, udp_options)
{
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_TTL), 64);
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_MULTICAST_TTL), 1);
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
    CHECK_OK(set_int_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    CHECK_ERR(set_int_option(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
    CHECK_ERR(set_int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, IPPROTO_TCP, 1, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, IPPROTO_IP, 9999, 1), ENOPROTOOPT);
    unsigned char byte = 5;
    CHECK_OK(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &byte, 1));
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_MULTICAST_TTL), 5);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_BROADCAST, 1));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_BROADCAST), 1);
    close(fd);
    fd = CHECK_OK(socket(AF_INET6, SOCK_DGRAM, 0));
    CHECK_OK(set_int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    CHECK_EQ(int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    CHECK_OK(set_int_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
    close(fd);
    CHECK_ERR(socket(AF_INET, SOCK_STREAM, 132), EPROTONOSUPPORT);
    CHECK_ERR(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
    CHECK_ERR(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
}

TEST(sockets, udp_halves)
{
    struct sockaddr_in a, b;
    char c;
    int one = bound(&a), two = bound(&b);
    CHECK_ERR(shutdown(one, SHUT_RD), ENOTCONN);
    CHECK_OK(connect(one, (void*)&b, sizeof b));
    CHECK_OK(shutdown(one, SHUT_RD));
    CHECK_EQ(recv(one, &c, 1, 0), 0);
    CHECK_OK(shutdown(one, SHUT_WR));
    CHECK_ERR(send(one, "x", 1, MSG_NOSIGNAL), EPIPE);
    close(one);
    close(two);
}
