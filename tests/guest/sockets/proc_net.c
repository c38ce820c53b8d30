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

// The value of a name in a table of two lines for each protocol; -1: there is none.
static long counted(const char* path, const char* protocol, const char* name)
{
    char names[4096], values[4096];
    FILE* f = fopen(path, "r");
    long value = -1;
    while (f && fgets(names, sizeof names, f) && fgets(values, sizeof values, f)) {
        char *in_names, *in_values;
        const char* n = strtok_r(names, " \n", &in_names);
        const char* v = strtok_r(values, " \n", &in_values);
        if (!n || !v || strncmp(n, protocol, strlen(protocol)) || n[strlen(protocol)] != ':')
            continue;
        CHECK_STR(n, v);
        while ((n = strtok_r(NULL, " \n", &in_names)) && (v = strtok_r(NULL, " \n", &in_values)))
            if (!strcmp(n, name))
                value = atol(v);
    }
    if (f)
        fclose(f);
    return value;
}

TEST(sockets, proc_counters_of_datagrams)
{
    const long sent = counted("/proc/net/snmp", "Udp", "OutDatagrams");
    const long received = counted("/proc/net/snmp", "Udp", "InDatagrams");
    const long refused = counted("/proc/net/snmp", "Udp", "NoPorts");
    const long told = counted("/proc/net/snmp", "Icmp", "InDestUnreachs");
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof a;
    int fd = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0)), other = CHECK_OK(socket(AF_INET, SOCK_DGRAM, 0));
    CHECK_OK(bind(fd, (void*)&a, sizeof a));
    CHECK_OK(getsockname(fd, (void*)&a, &length));
    char bytes[8];
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(sendto(other, "hello", 5, 0, (void*)&a, sizeof a), 5);
        CHECK_EQ(recv(fd, bytes, sizeof bytes, 0), 5);
    }
    close(fd);
    CHECK_EQ(sendto(other, "hello", 5, 0, (void*)&a, sizeof a), 5);
    usleep(50000);
    close(other);
    CHECK(sent >= 0 && counted("/proc/net/snmp", "Udp", "OutDatagrams") >= sent + 11);
    CHECK(received >= 0 && counted("/proc/net/snmp", "Udp", "InDatagrams") >= received + 10);
    CHECK(refused >= 0 && counted("/proc/net/snmp", "Udp", "NoPorts") >= refused + 1);
    CHECK(told >= 0 && counted("/proc/net/snmp", "Icmp", "InDestUnreachs") >= told + 1);
    CHECK(counted("/proc/net/netstat", "TcpExt", "SyncookiesSent") >= 0);
    CHECK(counted("/proc/net/netstat", "TcpExt", "TCPMemoryPressures") >= 0);
}

TEST(sockets, proc_counters_of_connections)
{
    const long opened = counted("/proc/net/snmp", "Tcp", "ActiveOpens");
    const long taken = counted("/proc/net/snmp", "Tcp", "PassiveOpens");
    const long resets = counted("/proc/net/snmp", "Tcp", "EstabResets");
    const long now = counted("/proc/net/snmp", "Tcp", "CurrEstab");
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof a;
    int listener = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0)), client[20], server[20];
    CHECK_OK(bind(listener, (void*)&a, sizeof a));
    CHECK_OK(listen(listener, 20));
    CHECK_OK(getsockname(listener, (void*)&a, &length));
    for (int i = 0; i < 20; i++) {
        client[i] = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
        CHECK_OK(connect(client[i], (void*)&a, sizeof a));
        server[i] = CHECK_OK(accept(listener, NULL, NULL));
    }
    // Others may open and close some meanwhile, on Linux; not that many.
    const long open = counted("/proc/net/snmp", "Tcp", "CurrEstab");
    CHECK(now >= 0 && open > now + 20);
    CHECK(opened >= 0 && counted("/proc/net/snmp", "Tcp", "ActiveOpens") >= opened + 20);
    CHECK(taken >= 0 && counted("/proc/net/snmp", "Tcp", "PassiveOpens") >= taken + 20);
    const struct linger hard = {.l_onoff = 1};
    for (int i = 0; i < 20; i++) {
        CHECK_OK(setsockopt(client[i], SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
        close(client[i]);
    }
    usleep(50000);
    CHECK(resets >= 0 && counted("/proc/net/snmp", "Tcp", "EstabResets") >= resets + 20);
    CHECK(counted("/proc/net/snmp", "Tcp", "CurrEstab") < open - 20);
    for (int i = 0; i < 20; i++)
        close(server[i]);
    close(listener);
}

static long socket_memory(void)
{
    char line[512];
    long pages = -1;
    if (line_with("/proc/net/sockstat", "TCP: inuse", line, sizeof line))
        CHECK_EQ(sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %ld", &pages), 1);
    return pages;
}

TEST(sockets, proc_memory_of_connections)
{
    long low = 0, pressure = 0, most = 0;
    char line[512], bytes[65536] = {0};
    REQUIRE(line_with("/proc/sys/net/ipv4/tcp_mem", "\t", line, sizeof line));
    CHECK_EQ(sscanf(line, "%ld %ld %ld", &low, &pressure, &most), 3);
    CHECK(low > 0 && low < pressure && pressure < most);
    const long before = socket_memory();
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof a;
    int listener = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0)),
        client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (void*)&a, sizeof a));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(getsockname(listener, (void*)&a, &length));
    CHECK_OK(connect(client, (void*)&a, sizeof a));
    int server = CHECK_OK(accept(listener, NULL, NULL));
    ssize_t all = 0, sent;
    while ((sent = send(client, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        all += sent;
    usleep(50000);
    CHECK(all > 65536);
    CHECK(socket_memory() >= before + all / 4096 / 2);
    close(server);
    close(client);
    close(listener);
}
