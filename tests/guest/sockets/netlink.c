// NETLINK_ROUTE, what the C library makes of it, and the older ioctls.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <sys/ioctl.h>

struct dump {
    struct nlmsghdr header;
    struct rtgenmsg body;
};

static int open_route(void)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK};
    int fd = CHECK_OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    CHECK_OK(bind(fd, (void*)&a, sizeof a));
    return fd;
}

static void ask(int fd, int type, int family, unsigned sequence)
{
    struct dump d = {{sizeof d, (uint16_t)type, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0}, {(uint8_t)family}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    CHECK_EQ(sendto(fd, &d, sizeof d, 0, (void*)&kernel, sizeof kernel), sizeof d);
}

// Counts messages of `type` until the end of the dump; looks into each with `visit`.
static int read_dump(int fd, unsigned sequence, int type, void (*visit)(const struct nlmsghdr*))
{
    static char buffer[32768];
    int count = 0;
    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (void*)&from, &length);
        if (!CHECK(n > 0))
            return -1;
        CHECK_EQ(length, sizeof from);
        CHECK_EQ(from.nl_pid, 0);
        struct nlmsghdr* m = (void*)buffer;
        for (size_t left = (size_t)n; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
            CHECK_EQ(m->nlmsg_seq, sequence);
            CHECK_EQ(m->nlmsg_flags & NLM_F_MULTI, NLM_F_MULTI);
            if (m->nlmsg_type == NLMSG_DONE)
                return count;
            CHECK_EQ(m->nlmsg_type, type);
            count++;
            if (visit)
                visit(m);
        }
    }
}

static int loopback_seen;

static void look_at_link(const struct nlmsghdr* m)
{
    const struct ifinfomsg* i = NLMSG_DATA(m);
    if (i->ifi_index != 1)
        return;
    CHECK_EQ(i->ifi_type, ARPHRD_LOOPBACK);
    CHECK_EQ(i->ifi_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING), IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
    int left = (int)IFLA_PAYLOAD(m);
    for (struct rtattr* a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == IFLA_IFNAME)
            CHECK_STR(RTA_DATA(a), "lo");
        if (a->rta_type == IFLA_MTU)
            CHECK_EQ(*(uint32_t*)RTA_DATA(a), 65536);
        if (a->rta_type == IFLA_ADDRESS)
            CHECK_EQ(RTA_PAYLOAD(a), 6);
    }
    loopback_seen++;
}

static void look_at_address(const struct nlmsghdr* m)
{
    const struct ifaddrmsg* i = NLMSG_DATA(m);
    if (i->ifa_index != 1 || i->ifa_family != AF_INET)
        return;
    CHECK_EQ(i->ifa_prefixlen, 8);
    CHECK_EQ(i->ifa_scope, RT_SCOPE_HOST);
    int left = (int)IFA_PAYLOAD(m);
    for (struct rtattr* a = IFA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFA_LOCAL)
            CHECK_EQ(*(uint32_t*)RTA_DATA(a), htonl(INADDR_LOOPBACK));
    loopback_seen++;
}

TEST(sockets, netlink_dumps)
{
    int fd = open_route();
    struct sockaddr_nl a = {0};
    socklen_t length = sizeof a;
    CHECK_OK(getsockname(fd, (void*)&a, &length));
    CHECK_EQ(length, sizeof a);
    CHECK(a.nl_pid != 0);
    loopback_seen = 0;
    ask(fd, RTM_GETLINK, AF_UNSPEC, 7);
    CHECK_EQ(poll_state(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
    CHECK(read_dump(fd, 7, RTM_NEWLINK, look_at_link) >= 1);
    CHECK_EQ(loopback_seen, 1);
    ask(fd, RTM_GETADDR, AF_UNSPEC, 8);
    CHECK(read_dump(fd, 8, RTM_NEWADDR, look_at_address) >= 1);
    CHECK_EQ(loopback_seen, 2);
    ask(fd, RTM_GETADDR, AF_INET, 9);
    CHECK(read_dump(fd, 9, RTM_NEWADDR, NULL) >= 1);
    ask(fd, RTM_GETROUTE, AF_INET, 10);
    CHECK(read_dump(fd, 10, RTM_NEWROUTE, NULL) >= 0);
    CHECK_EQ(poll_state(fd, POLLIN | POLLOUT), POLLOUT);
    CHECK_ERR(recv(fd, &a, sizeof a, MSG_DONTWAIT), EAGAIN);
    close(fd);
}

TEST(sockets, netlink_peek_tells_the_length)
{
    int fd = open_route();
    static char buffer[32768];
    ask(fd, RTM_GETLINK, AF_UNSPEC, 1);
    ssize_t n = CHECK_OK(recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC));
    CHECK(n > 100);
    CHECK_EQ(recv(fd, buffer, sizeof buffer, 0), n);
    close(fd);
}

TEST(sockets, netlink_errors)
{
    int fd = open_route();
    struct {
        struct nlmsghdr header;
        struct ifinfomsg body;
    } one = {.header = {sizeof one, RTM_GETLINK, NLM_F_REQUEST, 3, 0}};
    struct {
        struct nlmsghdr header;
        struct nlmsgerr body;
        char more[512];
    } answer;
    one.body.ifi_index = 4711;
    CHECK_EQ(send(fd, &one, sizeof one, 0), sizeof one);
    CHECK(recv(fd, &answer, sizeof answer, 0) >= (ssize_t)NLMSG_LENGTH(sizeof answer.body));
    CHECK_EQ(answer.header.nlmsg_type, NLMSG_ERROR);
    CHECK_EQ(answer.header.nlmsg_seq, 3);
    CHECK_EQ(answer.body.error, -ENODEV);
    CHECK_EQ(answer.body.msg.nlmsg_type, RTM_GETLINK);
    one.body.ifi_index = 1;
    CHECK_EQ(send(fd, &one, sizeof one, 0), sizeof one);
    CHECK(recv(fd, &answer, sizeof answer, 0) > 0);
    CHECK_EQ(answer.header.nlmsg_type, RTM_NEWLINK);
    // What is no message is ignored.
    one.header.nlmsg_len = 5000;
    CHECK_EQ(send(fd, &one, sizeof one, 0), sizeof one);
    CHECK_ERR(recv(fd, &answer, sizeof answer, MSG_DONTWAIT), EAGAIN);
    struct sockaddr_nl other = {.nl_family = AF_NETLINK, .nl_pid = 99999};
    CHECK_ERR(sendto(fd, &one, sizeof one, 0, (void*)&other, sizeof other), ECONNREFUSED);
    CHECK_ERR(listen(fd, 1), EOPNOTSUPP);
    close(fd);
    CHECK_ERR(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), ESOCKTNOSUPPORT);
    CHECK_ERR(socket(AF_NETLINK, SOCK_RAW, 77), EPROTONOSUPPORT);
}

TEST(sockets, getifaddrs_lists_lo)
{
    struct ifaddrs *all, *i;
    int found = 0;
    CHECK_OK(getifaddrs(&all));
    for (i = all; i; i = i->ifa_next)
        if (strcmp(i->ifa_name, "lo") == 0 && i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
            CHECK_EQ(((struct sockaddr_in*)i->ifa_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
            CHECK_EQ(((struct sockaddr_in*)i->ifa_netmask)->sin_addr.s_addr, htonl(0xff000000));
            CHECK(i->ifa_flags & IFF_LOOPBACK);
            found++;
        }
    CHECK_EQ(found, 1);
    freeifaddrs(all);
}

TEST(sockets, names_of_interfaces)
{
    char name[IF_NAMESIZE] = {0};
    CHECK_EQ(if_nametoindex("lo"), 1);
    CHECK(if_nametoindex("nosuchif0") == 0 && errno == ENODEV);
    CHECK(if_indextoname(1, name) != NULL);
    CHECK_STR(name, "lo");
    CHECK(if_indextoname(4711, name) == NULL && errno == ENXIO);
    struct if_nameindex* all = if_nameindex();
    REQUIRE(all != NULL);
    CHECK_EQ(all[0].if_index, 1);
    CHECK_STR(all[0].if_name, "lo");
    if_freenameindex(all);
}

TEST(sockets, numeric_host_names)
{
    struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *got = NULL;
    want.ai_flags = AI_NUMERICHOST | AI_ADDRCONFIG;
    CHECK_EQ(getaddrinfo("127.0.0.1", "80", &want, &got), 0);
    if (got) {
        CHECK_EQ(((struct sockaddr_in*)got->ai_addr)->sin_port, htons(80));
        freeaddrinfo(got);
    }
}

TEST(sockets, interface_ioctls)
{
    struct ifreq r = {.ifr_name = "lo"}, many[8];
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM, 0)); // any socket will do
    CHECK_OK(ioctl(fd, SIOCGIFFLAGS, &r));
    CHECK_EQ(r.ifr_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING), IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
    CHECK_OK(ioctl(fd, SIOCGIFMTU, &r));
    CHECK_EQ(r.ifr_mtu, 65536);
    CHECK_OK(ioctl(fd, SIOCGIFINDEX, &r));
    CHECK_EQ(r.ifr_ifindex, 1);
    CHECK_OK(ioctl(fd, SIOCGIFHWADDR, &r));
    CHECK_EQ(r.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
    memset(&r, 0, sizeof r);
    r.ifr_ifindex = 1;
    CHECK_OK(ioctl(fd, SIOCGIFNAME, &r));
    CHECK_STR(r.ifr_name, "lo");
    strcpy(r.ifr_name, "nosuchif0");
    CHECK_ERR(ioctl(fd, SIOCGIFFLAGS, &r), ENODEV);
    CHECK_ERR(ioctl(fd, 0x5413, &r), ENOTTY);
    close(fd);
    fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    strcpy(r.ifr_name, "lo");
    CHECK_OK(ioctl(fd, SIOCGIFADDR, &r));
    CHECK_EQ(((struct sockaddr_in*)&r.ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_OK(ioctl(fd, SIOCGIFNETMASK, &r));
    CHECK_EQ(((struct sockaddr_in*)&r.ifr_netmask)->sin_addr.s_addr, htonl(0xff000000));
    struct ifconf c = {.ifc_len = sizeof many, .ifc_req = many};
    CHECK_OK(ioctl(fd, SIOCGIFCONF, &c));
    CHECK(c.ifc_len >= (int)sizeof *many && c.ifc_len % (int)sizeof *many == 0);
    CHECK_STR(many[0].ifr_name, "lo");
    close(fd);
}
