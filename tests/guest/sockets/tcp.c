// TCP over loopback, both families.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

static int listen_on(struct sockaddr_in* where, int backlog)
{
    socklen_t length = sizeof *where;
    int fd = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    *where = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    CHECK_OK(bind(fd, (void*)where, sizeof *where));
    CHECK_OK(listen(fd, backlog));
    CHECK_OK(getsockname(fd, (void*)where, &length));
    return fd;
}

// Both ends of a new connection.
static void connect_pair(int* s)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, 5);
    s[0] = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_OK(connect(s[0], (void*)&a, sizeof a));
    s[1] = CHECK_OK(accept(listener, NULL, NULL));
    close(listener);
}

static int wait_events(int fd, short events)
{
    struct pollfd p = {fd, events, 0};
    return poll(&p, 1, 5000) < 0 ? -1 : p.revents;
}

TEST(sockets, tcp_connection)
{
    struct sockaddr_in a, b, c;
    socklen_t length = sizeof b;
    char text[16] = {0};
    int listener = listen_on(&a, 5);
    CHECK_EQ(int_option(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    CHECK_EQ(poll_state(listener, ALL_EVENTS), 0);
    int client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_EQ(poll_state(client, ALL_EVENTS), POLLOUT | POLLHUP);
    CHECK_OK(connect(client, (void*)&a, sizeof a));
    CHECK_ERR(connect(client, (void*)&a, sizeof a), EISCONN);
    CHECK_EQ(wait_events(listener, POLLIN), POLLIN);
    int server = CHECK_OK(accept4(listener, (void*)&b, &length, SOCK_CLOEXEC));
    CHECK_EQ(length, sizeof b);
    length = sizeof c;
    CHECK_OK(getsockname(client, (void*)&c, &length));
    CHECK_EQ(b.sin_port, c.sin_port);
    CHECK_EQ(b.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_OK(getpeername(client, (void*)&c, &length));
    CHECK_EQ(c.sin_port, a.sin_port);
    CHECK_EQ(write(client, "request", 7), 7);
    CHECK_EQ(read(server, text, 16), 7);
    CHECK_STR(text, "request");
    CHECK_EQ(send(server, "answer", 6, MSG_MORE), 6);
    CHECK_EQ(send(server, "!", 1, 0), 1);
    memset(text, 0, sizeof text);
    CHECK_EQ(recv(client, text, 7, MSG_WAITALL), 7);
    CHECK_STR(text, "answer!");
    CHECK_ERR(recv(client, text, 1, MSG_DONTWAIT), EAGAIN);
    close(client);
    CHECK_EQ(wait_events(server, POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    CHECK_EQ(read(server, text, 16), 0);
    close(server);
    close(listener);
}

TEST(sockets, tcp_refused)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, 1);
    signal(SIGPIPE, SIG_IGN);
    close(listener);
    int fd = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_ERR(connect(fd, (void*)&a, sizeof a), ECONNREFUSED);
    CHECK_ERR(write(fd, "x", 1), EPIPE);
    close(fd);
    fd = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_ERR(connect(fd, (void*)&a, 8), EINVAL);
    a.sin_family = AF_INET6;
    CHECK_ERR(connect(fd, (void*)&a, sizeof a), EAFNOSUPPORT);
    char c;
    CHECK_ERR(recv(fd, &c, 1, 0), ENOTCONN);
    CHECK_ERR(send(fd, &c, 1, MSG_NOSIGNAL), EPIPE);
    CHECK_ERR(shutdown(fd, SHUT_WR), ENOTCONN);
    CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
    CHECK_ERR(getpeername(fd, (void*)&a, &(socklen_t){sizeof a}), ENOTCONN);
    close(fd);
}

TEST(sockets, tcp_nonblocking_connect)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, 5);
    int fd = CHECK_OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    CHECK_ERR(connect(fd, (void*)&a, sizeof a), EINPROGRESS);
    CHECK_EQ(wait_events(fd, POLLOUT), POLLOUT);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), 0);
    CHECK_OK(connect(fd, (void*)&a, sizeof a)); // tells once how it went
    CHECK_ERR(connect(fd, (void*)&a, sizeof a), EISCONN);
    close(fd);
    close(listener);
    fd = CHECK_OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    CHECK_ERR(connect(fd, (void*)&a, sizeof a), EINPROGRESS);
    CHECK_EQ(wait_events(fd, POLLOUT), POLLOUT | POLLERR | POLLHUP);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    close(fd);
}

TEST(sockets, tcp_halves)
{
    int s[2];
    char text[8];
    signal(SIGPIPE, SIG_IGN);
    connect_pair(s);
    CHECK_OK(shutdown(s[0], SHUT_WR));
    CHECK_ERR(write(s[0], "x", 1), EPIPE);
    CHECK_EQ(read(s[1], text, 8), 0);
    CHECK_EQ(write(s[1], "still", 5), 5);
    CHECK_EQ(read(s[0], text, 8), 5);
    CHECK_OK(shutdown(s[1], SHUT_RDWR));
    CHECK_EQ(read(s[0], text, 8), 0);
    close_pair(s);
}

TEST(sockets, tcp_reset_by_unread_data)
{
    int s[2];
    char c;
    signal(SIGPIPE, SIG_IGN);
    connect_pair(s);
    CHECK_EQ(write(s[0], "unread", 6), 6);
    CHECK_EQ(wait_events(s[1], POLLIN), POLLIN);
    close(s[1]);
    CHECK_EQ(wait_events(s[0], POLLIN), POLLIN | POLLERR | POLLHUP);
    CHECK_ERR(read(s[0], &c, 1), ECONNRESET);
    CHECK_EQ(read(s[0], &c, 1), 0);
    CHECK_ERR(write(s[0], "x", 1), EPIPE);
    close(s[0]);
    // By linger of no time.
    struct linger now = {1, 0};
    connect_pair(s);
    CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &now, sizeof now));
    close(s[1]);
    CHECK_EQ(wait_events(s[0], POLLIN), POLLIN | POLLERR | POLLHUP);
    CHECK_EQ(int_option(s[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
    close(s[0]);
}

TEST(sockets, tcp_reuse)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, 1), other = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_ERR(bind(other, (void*)&a, sizeof a), EADDRINUSE);
    close(listener);
    CHECK_OK(bind(other, (void*)&a, sizeof a));
    close(other);
    int fds[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
        CHECK_OK(set_int_option(fds[i], SOL_SOCKET, SO_REUSEPORT, 1));
        CHECK_OK(bind(fds[i], (void*)&a, sizeof a));
        CHECK_OK(listen(fds[i], 5));
    }
    for (int i = 0; i < 10; i++) {
        int client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
        CHECK_OK(connect(client, (void*)&a, sizeof a));
        struct pollfd p[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        CHECK(poll(p, 2, 5000) >= 1);
        int server = CHECK_OK(accept(p[0].revents ? fds[0] : fds[1], NULL, NULL));
        close(client);
        close(server);
    }
    close_pair(fds);
}

TEST(sockets, tcp_options)
{
    int fd = CHECK_OK(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    CHECK_OK(set_int_option(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
    CHECK_OK(set_int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60));
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    CHECK_ERR(set_int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
    CHECK_ERR(set_int_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 40000), EINVAL);
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_KEEPCNT), 9);
    CHECK_OK(set_int_option(fd, IPPROTO_TCP, TCP_CORK, 1));
    CHECK_OK(set_int_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1));
    CHECK_OK(set_int_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000));
    CHECK_EQ(int_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1000);
    CHECK_ERR(set_int_option(fd, IPPROTO_TCP, 9999, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, 9999, 1, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
    CHECK_ERR(set_int_option(fd, IPPROTO_IPV6, IPV6_TCLASS, 1), ENOPROTOOPT);
    CHECK_OK(set_int_option(fd, IPPROTO_IP, IP_TOS, 0x10));
    CHECK_EQ(int_option(fd, IPPROTO_IP, IP_TOS), 0x10);
    CHECK_OK(set_int_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
    CHECK_EQ(int_option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    struct tcp_info info;
    socklen_t length = sizeof info;
    CHECK_OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
    CHECK_EQ(info.tcpi_state, TCP_CLOSE);
    char name[16] = {0};
    length = sizeof name;
    CHECK_OK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
    CHECK(name[0] != 0);
    CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6), ENOENT);
    close(fd);
}

TEST(sockets, tcp_ipv6_and_dual_stack)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, from;
    socklen_t length = sizeof any;
    int listener = CHECK_OK(socket(AF_INET6, SOCK_STREAM, 0));
    CHECK_OK(bind(listener, (void*)&any, sizeof any));
    CHECK_OK(listen(listener, 5));
    CHECK_OK(getsockname(listener, (void*)&any, &length));
    int client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = any.sin6_port};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(connect(client, (void*)&a, sizeof a));
    length = sizeof from;
    int server = CHECK_OK(accept(listener, (void*)&from, &length));
    CHECK_EQ(length, sizeof from);
    CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
    close(server);
    close(client);
    client = CHECK_OK(socket(AF_INET6, SOCK_STREAM, 0));
    any.sin6_addr = in6addr_loopback;
    CHECK_OK(connect(client, (void*)&any, sizeof any));
    length = sizeof from;
    server = CHECK_OK(accept(listener, (void*)&from, &length));
    CHECK_EQ(memcmp(&from.sin6_addr, &in6addr_loopback, 16), 0);
    char c = 0;
    CHECK_EQ(write(server, "6", 1), 1);
    CHECK_EQ(read(client, &c, 1), 1);
    CHECK_EQ(c, '6');
    close(server);
    close(client);
    close(listener);
}

enum { TCP_BULK = 16 << 20 };

static void* send_bulk(void* fd)
{
    static char block[100003];
    size_t sent = 0;
    while (sent < TCP_BULK) {
        size_t want = TCP_BULK - sent < sizeof block ? TCP_BULK - sent : sizeof block;
        for (size_t i = 0; i < want; i++)
            block[i] = (char)((sent + i) * 31 >> 3);
        if (!CHECK_EQ(write(*(int*)fd, block, want), want))
            break;
        sent += want;
    }
    shutdown(*(int*)fd, SHUT_WR);
    return NULL;
}

TEST(sockets, tcp_bulk_is_exact)
{
    int s[2];
    static char block[65536];
    size_t got = 0;
    ssize_t n;
    bool right = true;
    connect_pair(s);
    pthread_t thread = start_thread(send_bulk, &s[1]);
    while ((n = read(s[0], block, sizeof block)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            right = right && block[i] == (char)(got * 31 >> 3);
    pthread_join(thread, NULL);
    CHECK_EQ(n, 0);
    CHECK_EQ(got, TCP_BULK);
    CHECK(right);
    close_pair(s);
}

// One end's thread: writes or reads a stream of known bytes in pieces of all lengths.
struct stream {
    pthread_t thread;
    int fd, writes;
    unsigned seed;
};
enum { STREAM_BYTES = 3000000 };

static unsigned char stream_byte(size_t at)
{
    return (unsigned char)(at * 7 + at / 256);
}

static void* run_stream(void* argument)
{
    struct stream* s = argument;
    static _Thread_local unsigned char piece[40000];
    for (size_t done = 0; done < STREAM_BYTES;) {
        s->seed = s->seed * 1103515245 + 12345;
        size_t length = 1 + (s->seed >> 8) % (s->seed & 0x80 ? sizeof piece : 300);
        if (length > STREAM_BYTES - done)
            length = STREAM_BYTES - done;
        if (s->writes)
            for (size_t i = 0; i < length; i++)
                piece[i] = stream_byte(done + i);
        const ssize_t n = s->writes ? send(s->fd, piece, length, s->seed & 0x700000 ? 0 : MSG_MORE)
                                    : recv(s->fd, piece, length, 0);
        if (n <= 0)
            return NULL;
        if (!s->writes)
            for (ssize_t i = 0; i < n; i++)
                if (piece[i] != stream_byte(done + (size_t)i))
                    return NULL;
        done += (size_t)n;
    }
    if (s->writes && shutdown(s->fd, SHUT_WR) < 0)
        return NULL;
    return s->writes || recv(s->fd, piece, 1, 0) == 0 ? s : NULL;
}

// Four threads, one for each end and direction; with several CPUs all at once.
TEST(sockets, tcp_both_ways_at_once)
{
    int s[2];
    connect_pair(s);
    struct stream streams[] = {{.fd = s[0], .writes = 1, .seed = 1},
                               {.fd = s[0], .writes = 0, .seed = 2},
                               {.fd = s[1], .writes = 1, .seed = 3},
                               {.fd = s[1], .writes = 0, .seed = 4}};
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&streams[i].thread, NULL, run_stream, &streams[i]), 0);
    for (int i = 0; i < 4; i++) {
        void* result = NULL;
        CHECK_EQ(pthread_join(streams[i].thread, &result), 0);
        CHECK(result == &streams[i]);
    }
    close_pair(s);
}

TEST(sockets, tcp_fills_and_empties)
{
    int s[2];
    static char block[65536];
    size_t sent = 0, got = 0;
    ssize_t n;
    connect_pair(s);
    fcntl(s[0], F_SETFL, O_NONBLOCK);
    for (int calm = 0; calm < 20; calm++)
        while ((n = write(s[0], block, sizeof block)) > 0) {
            sent += (size_t)n;
            calm = 0;
        }
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(poll_state(s[0], POLLOUT), 0);
    while (got < sent && (n = read(s[1], block, sizeof block)) > 0)
        got += (size_t)n;
    CHECK_EQ(got, sent);
    CHECK_EQ(wait_events(s[0], POLLOUT), POLLOUT);
    close_pair(s);
}

TEST(sockets, tcp_sendfile)
{
    int s[2];
    char text[32] = {0};
    int file = scratch_file("tcp-file", "contents of a file");
    connect_pair(s);
    off_t offset = 0;
    CHECK_EQ(sendfile(s[0], file, &offset, 100), 18);
    CHECK_EQ(recv(s[1], text, 18, MSG_WAITALL), 18);
    CHECK_STR(text, "contents of a file");
    close(file);
    close_pair(s);
}

TEST(sockets, tcp_epoll)
{
    int s[2];
    char text[8];
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET}, got;
    connect_pair(s);
    int ep = CHECK_OK(epoll_create1(0));
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    CHECK_EQ(write(s[1], "ab", 2), 2);
    CHECK_EQ(epoll_wait(ep, &got, 1, 5000), 1);
    CHECK_EQ(got.events, EPOLLIN);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    CHECK_EQ(read(s[0], text, 8), 2);
    close(s[1]);
    CHECK_EQ(epoll_wait(ep, &got, 1, 5000), 1);
    CHECK_EQ(got.events, EPOLLIN | EPOLLRDHUP);
    close(s[0]);
    close(ep);
}

enum { MANY = 200 };

TEST(sockets, tcp_many_connections)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, MANY), clients[MANY], servers[MANY];
    for (int i = 0; i < MANY; i++) {
        clients[i] = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
        CHECK_OK(connect(clients[i], (void*)&a, sizeof a));
        CHECK_EQ(write(clients[i], &i, sizeof i), sizeof i);
    }
    for (int i = 0; i < MANY; i++) {
        int number = -1;
        servers[i] = CHECK_OK(accept(listener, NULL, NULL));
        CHECK_EQ(read(servers[i], &number, sizeof number), sizeof number);
        CHECK_EQ(write(servers[i], &number, sizeof number), sizeof number);
    }
    for (int i = 0; i < MANY; i++) {
        int number = -1;
        CHECK_EQ(read(clients[i], &number, sizeof number), sizeof number);
        CHECK_EQ(number, i);
        close(clients[i]);
    }
    for (int i = 0; i < MANY; i++)
        close(servers[i]);
    close(listener);
}

TEST(sockets, tcp_short_connections)
{
    struct sockaddr_in a;
    int listener = listen_on(&a, 16);
    for (int i = 0; i < 1000; i++) {
        char c = 0;
        int client = CHECK_OK(socket(AF_INET, SOCK_STREAM, 0));
        CHECK_OK(connect(client, (void*)&a, sizeof a));
        int server = CHECK_OK(accept(listener, NULL, NULL));
        CHECK_EQ(write(client, "q", 1), 1);
        CHECK_EQ(read(server, &c, 1), 1);
        close(server);
        CHECK_EQ(read(client, &c, 1), 0);
        close(client);
    }
    close(listener);
}
