// Sockets on the loopback and unix sockets: round trips between two threads, bulk, connections.
#include "micro.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { CHUNK = 65536 };
static char chunk[CHUNK];

struct pair {
    int near, far;
};

struct peer {
    pthread_t thread;
    int fd;
    uint64_t count;
};

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int bound(int type, uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int one = 1, s = socket(AF_INET, type, 0);
    if (s < 0)
        return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr*)&address, sizeof address) == 0 &&
        (type != SOCK_STREAM || listen(s, 64) == 0))
        return s;
    close(s);
    return -1;
}

static int connected(int s, uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    return s < 0 ? -1 : connect(s, (struct sockaddr*)&address, sizeof address);
}

static bool make_tcp(struct pair* p)
{
    int one = 1, listener = bound(SOCK_STREAM, 7001);
    p->near = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || connected(p->near, 7001) != 0)
        return false;
    p->far = accept(listener, NULL, NULL);
    close(listener);
    setsockopt(p->near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return p->far >= 0 && setsockopt(p->far, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0;
}

// Connections that do nothing; they stay. False: there are not that many descriptors or bytes.
static bool make_idle(int count)
{
    const struct rlimit many = {20000, 20000};
    setrlimit(RLIMIT_NOFILE, &many);
    int listener = bound(SOCK_STREAM, 7005);
    for (int i = 0; i < count; i++)
        if (connected(socket(AF_INET, SOCK_STREAM, 0), 7005) != 0 || accept(listener, NULL, NULL) < 0)
            return false;
    return true;
}

static bool make_udp(struct pair* p)
{
    p->near = bound(SOCK_DGRAM, 7002);
    p->far = bound(SOCK_DGRAM, 7003);
    return connected(p->near, 7003) == 0 && connected(p->far, 7002) == 0;
}

static bool make_unix(struct pair* p)
{
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
        return false;
    *p = (struct pair){s[0], s[1]};
    return true;
}

static void* echo(void* p)
{
    struct peer* self = p;
    char byte;
    for (uint64_t i = 0; i < self->count; i++)
        if (recv(self->fd, &byte, 1, 0) != 1 || send(self->fd, &byte, 1, 0) != 1)
            break;
    return NULL;
}

static int round_trip(uint64_t count, void* argument)
{
    struct pair* p = argument;
    struct peer peer = {.fd = p->far, .count = count};
    char byte = 0;
    if (pthread_create(&peer.thread, NULL, echo, &peer) != 0)
        return -1;
    for (uint64_t i = 0; i < count; i++)
        if (send(p->near, &byte, 1, 0) != 1 || recv(p->near, &byte, 1, 0) != 1)
            return -1;
    return pthread_join(peer.thread, NULL);
}

// Takes all chunks, then says so.
static void* swallow(void* p)
{
    static char taken[CHUNK];
    struct peer* self = p;
    for (uint64_t left = self->count * CHUNK; left > 0;) {
        ssize_t n = recv(self->fd, taken, sizeof taken, 0);
        if (n <= 0)
            return NULL;
        left -= (uint64_t)n;
    }
    send(self->fd, taken, 1, 0);
    return NULL;
}

static int bulk(uint64_t count, void* argument)
{
    struct pair* p = argument;
    struct peer peer = {.fd = p->far, .count = count};
    char byte;
    if (pthread_create(&peer.thread, NULL, swallow, &peer) != 0)
        return -1;
    for (uint64_t left = count * CHUNK; left > 0;) {
        ssize_t n = send(p->near, chunk, left < CHUNK ? left : CHUNK, 0);
        if (n <= 0)
            return -1;
        left -= (uint64_t)n;
    }
    if (recv(p->near, &byte, 1, 0) != 1)
        return -1;
    return pthread_join(peer.thread, NULL);
}

// The client resets, so that none of them stays in TIME_WAIT.
static int connections(uint64_t count, void* argument)
{
    struct linger reset = {1, 0};
    for (uint64_t i = 0; i < count; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (connected(client, 7004) != 0)
            return -1;
        int served = accept(*(int*)argument, NULL, NULL);
        if (served < 0 || setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0)
            return -1;
        close(client);
        close(served);
    }
    return 0;
}

static int datagram_to_itself(uint64_t count, void* argument)
{
    struct pair* p = argument;
    for (uint64_t i = 0; i < count; i++)
        if (send(p->near, chunk, 1024, 0) != 1024 || recv(p->far, chunk, sizeof chunk, 0) != 1024)
            return -1;
    return 0;
}

int main(void)
{
    struct pair p;
    if (make_tcp(&p)) {
        benchmark("tcp.roundtrip", round_trip, &p);
        benchmark_bytes("tcp.bulk", bulk, &p, CHUNK);
    } else {
        print_impossible("tcp.roundtrip", "socket");
    }
    int listener = bound(SOCK_STREAM, 7004);
    if (listener >= 0)
        benchmark("tcp.connect_accept_close", connections, &listener);
    if (make_udp(&p)) {
        benchmark("udp.roundtrip", round_trip, &p);
        benchmark("udp.send_receive_1KiB", datagram_to_itself, &p);
    } else {
        print_impossible("udp.roundtrip", "socket");
    }
    if (make_unix(&p)) {
        benchmark("unix.roundtrip", round_trip, &p);
        benchmark_bytes("unix.bulk", bulk, &p, CHUNK);
    } else {
        print_impossible("unix.roundtrip", "socketpair");
    }
    // Last, because they stay.
    if (wanted("tcp.roundtrip_5000_idle")) {
        if (make_idle(5000) && make_tcp(&p))
            benchmark("tcp.roundtrip_5000_idle", round_trip, &p);
        else
            print_impossible("tcp.roundtrip_5000_idle", "socket");
    }
    return 0;
}
