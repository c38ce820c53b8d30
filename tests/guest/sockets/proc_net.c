// /proc/net: the columns that programs read.
#include "../check.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

static bool line_with(const char* path, const char* what, char* line, int size)
{
    FILE* f = fopen(path, "r");
    bool found = false;
    while (f && !found && fgets(line, size, f))
        found = strstr(line, what) != NULL;
    if (f)
        fclose(f);
    return found;
}

static unsigned long inode_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

TEST(sockets, proc_udp)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof a;
    char line[512], want[32];
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK_OK(bind(fd, (void*)&a, sizeof a));
    CHECK_OK(getsockname(fd, (void*)&a, &length));
    CHECK_EQ(sendto(fd, "hello", 5, 0, (void*)&a, sizeof a), 5);
    snprintf(want, sizeof want, "0100007F:%04X", ntohs(a.sin_port));
    REQUIRE(line_with("/proc/net/udp", want, line, sizeof line));
    unsigned slot, state, sent, received, timer, when, retries, user, timeout;
    unsigned long inode;
    char local[64], remote[64];
    CHECK_EQ(sscanf(line, "%u: %63s %63s %x %x:%x %x:%x %x %u %u %lu", &slot, local, remote, &state, &sent,
                    &received, &timer, &when, &retries, &user, &timeout, &inode),
             12);
    CHECK_EQ(state, 7);
    CHECK(received > 0);
    CHECK_EQ(inode, inode_of(fd));
    CHECK_STR(remote, "00000000:0000");
    close(fd);
    CHECK(!line_with("/proc/net/udp", want, line, sizeof line));
}

TEST(sockets, proc_tcp)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof a;
    char line[512], want[64];
    int fd = CHECK_OK(socket(AF_INET6, SOCK_STREAM, 0));
    CHECK_OK(bind(fd, (void*)&a, sizeof a));
    CHECK_OK(listen(fd, 5));
    CHECK_OK(getsockname(fd, (void*)&a, &length));
    snprintf(want, sizeof want, "00000000000000000000000001000000:%04X", ntohs(a.sin6_port));
    REQUIRE(line_with("/proc/self/net/tcp6", want, line, sizeof line));
    unsigned slot, state;
    char local[64], remote[64];
    CHECK_EQ(sscanf(line, "%u: %63s %63s %x", &slot, local, remote, &state), 4);
    CHECK_EQ(state, 10);
    close(fd);
}

TEST(sockets, proc_unix)
{
    struct sockaddr_un a;
    char line[512];
    socklen_t length = unix_address(&a, "@proc-unix");
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(fd, (void*)&a, length));
    CHECK_OK(listen(fd, 5));
    REQUIRE(line_with("/proc/net/unix", "@proc-unix", line, sizeof line));
    unsigned references, protocol, flags, type, state;
    unsigned long inode;
    char number[64];
    CHECK_EQ(sscanf(line, "%63s %X %X %X %X %X %lu", number, &references, &protocol, &flags, &type, &state,
                    &inode),
             7);
    CHECK_EQ(flags, 0x10000);
    CHECK_EQ(type, SOCK_STREAM);
    CHECK_EQ(state, 1);
    CHECK_EQ(inode, inode_of(fd));
    close(fd);
}

TEST(sockets, proc_tables)
{
    char line[1024];
    CHECK(line_with("/proc/net/dev", "lo:", line, sizeof line));
    CHECK(line_with("/proc/net/route", "Iface", line, sizeof line));
    CHECK(line_with("/proc/net/snmp", "Tcp:", line, sizeof line));
    CHECK(line_with("/proc/net/snmp", "Udp:", line, sizeof line));
    CHECK(line_with("/proc/net/netstat", "TcpExt:", line, sizeof line));
    CHECK(line_with("/proc/net/sockstat", "sockets: used", line, sizeof line));
    CHECK(line_with("/proc/net/arp", "IP address", line, sizeof line));
    int value = 0;
    FILE* f = fopen("/proc/sys/net/core/somaxconn", "r");
    CHECK(f && fscanf(f, "%d", &value) == 1 && value >= 128);
    if (f)
        fclose(f);
}
