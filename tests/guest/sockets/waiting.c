// How calls on sockets wait: time-outs, signals, MSG_WAITALL, MSG_DONTWAIT, several waiters; epoll and
// select.
#include "../check.h"
#include "../support.h"
#include "sockets.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static void set_limit(int fd, int name, int milliseconds)
{
    struct timeval t = {milliseconds / 1000, milliseconds % 1000 * 1000};
    CHECK_OK(setsockopt(fd, SOL_SOCKET, name, &t, sizeof t));
}

TEST(sockets, receive_timeout)
{
    int s[2];
    char c;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    set_limit(s[0], SO_RCVTIMEO, 60);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    CHECK_ERR(recv(s[0], &c, 1, 0), EAGAIN);
    CHECK_RANGE(clock_ns(CLOCK_MONOTONIC) - start, 59000000, 5000000000);
    CHECK_ERR(read(s[0], &c, 1), EAGAIN);
    struct timeval t = {0, 0};
    socklen_t length = sizeof t;
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, &length));
    CHECK_EQ(length, sizeof t);
    CHECK_RANGE(t.tv_usec, 59000, 64000);
    t.tv_usec = 1000000;
    CHECK_ERR(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), EDOM);
    CHECK_ERR(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, 4), EINVAL);
    close_pair(s);
}

TEST(sockets, send_timeout)
{
    int s[2];
    static char block[1 << 20];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    set_limit(s[0], SO_SNDTIMEO, 40);
    ssize_t n = send(s[0], block, sizeof block, 0); // what fits counts
    CHECK_RANGE(n, 1, sizeof block - 1);
    CHECK_ERR(send(s[0], block, sizeof block, 0), EAGAIN);
    close_pair(s);
}

TEST(sockets, accept_timeout)
{
    struct sockaddr_un a;
    socklen_t length = unix_address(&a, "@kiln-accept");
    int fd = CHECK_OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_OK(bind(fd, (void*)&a, length));
    CHECK_OK(listen(fd, 1));
    set_limit(fd, SO_RCVTIMEO, 30);
    CHECK_ERR(accept(fd, NULL, NULL), EAGAIN);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    CHECK_ERR(accept(fd, NULL, NULL), EAGAIN);
    CHECK_ERR(accept4(fd, NULL, NULL, 1), EINVAL);
    close(fd);
}

static void* write_later(void* fd)
{
    let_it_block();
    CHECK_EQ(write(*(int*)fd, "late", 4), 4);
    return NULL;
}

TEST(sockets, blocking_read_is_woken)
{
    int s[2];
    char text[8] = {0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    pthread_t thread = start_thread(write_later, &s[1]);
    CHECK_EQ(read(s[0], text, 8), 4);
    CHECK_STR(text, "late");
    pthread_join(thread, NULL);
    close_pair(s);
}

static void* write_in_pieces(void* fd)
{
    for (int i = 0; i < 4; i++) {
        let_it_block();
        CHECK_EQ(write(*(int*)fd, "abcd", 4), 4);
    }
    return NULL;
}

TEST(sockets, wait_for_all)
{
    int s[2];
    char text[20] = {0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    pthread_t thread = start_thread(write_in_pieces, &s[1]);
    CHECK_EQ(recv(s[0], text, 16, MSG_WAITALL), 16);
    CHECK_STR(text, "abcdabcdabcdabcd");
    pthread_join(thread, NULL);
    CHECK_EQ(write(s[1], "xy", 2), 2);
    close(s[1]);
    CHECK_EQ(recv(s[0], text, 16, MSG_WAITALL), 2); // the end comes first
    close(s[0]);
}

static void nothing(int signal_number)
{
    (void)signal_number;
}

struct interrupted {
    int fd;
    ssize_t result;
    int error;
};

static void* receive_interrupted(void* p)
{
    struct interrupted* i = p;
    char c;
    i->result = recv(i->fd, &c, 1, 0);
    i->error = errno;
    return NULL;
}

static struct interrupted interrupt(int fd, int flags)
{
    struct interrupted i = {.fd = fd};
    struct sigaction action = {.sa_handler = nothing, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    pthread_t thread = start_thread(receive_interrupted, &i);
    let_it_block();
    pthread_kill(thread, SIGUSR1);
    let_it_block();
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    return i;
}

TEST(sockets, signals_interrupt)
{
    int s[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    struct interrupted i = interrupt(s[0], 0);
    CHECK_EQ(i.result, -1);
    CHECK_EQ(i.error, EINTR);
    // With a time-out not even SA_RESTART restarts.
    set_limit(s[0], SO_RCVTIMEO, 20000);
    i = interrupt(s[0], SA_RESTART);
    CHECK_EQ(i.result, -1);
    CHECK_EQ(i.error, EINTR);
    close_pair(s);
}

TEST(sockets, signals_restart)
{
    int s[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    struct interrupted i = {.fd = s[0]};
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    pthread_t thread = start_thread(receive_interrupted, &i);
    let_it_block();
    pthread_kill(thread, SIGUSR1);
    let_it_block();
    CHECK_EQ(write(s[1], "x", 1), 1);
    pthread_join(thread, NULL);
    CHECK_EQ(i.result, 1);
    close_pair(s);
}

static void* take_one(void* fd)
{
    char c = 0;
    CHECK_EQ(read(*(int*)fd, &c, 1), 1);
    return NULL;
}

TEST(sockets, every_reader_gets_one)
{
    int s[2];
    pthread_t threads[5];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    for (int i = 0; i < 5; i++)
        threads[i] = start_thread(take_one, &s[0]);
    let_it_block();
    CHECK_EQ(write(s[1], "12345", 5), 5);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    close_pair(s);
}

enum { BULK = 8 << 20 };

static void* write_bulk(void* fd)
{
    static char block[70001];
    size_t sent = 0;
    while (sent < BULK) {
        size_t want = BULK - sent < sizeof block ? BULK - sent : sizeof block;
        for (size_t i = 0; i < want; i++)
            block[i] = (char)((sent + i) * 31 >> 3);
        if (write(*(int*)fd, block, want) != (ssize_t)want)
            break;
        sent += want;
    }
    shutdown(*(int*)fd, SHUT_WR);
    return NULL;
}

TEST(sockets, bulk_is_exact)
{
    int s[2];
    static char block[50000];
    size_t got = 0;
    ssize_t n;
    bool right = true;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    pthread_t thread = start_thread(write_bulk, &s[1]);
    while ((n = read(s[0], block, sizeof block)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            right = right && block[i] == (char)(got * 31 >> 3);
    pthread_join(thread, NULL);
    CHECK_EQ(got, BULK);
    CHECK(right);
    close_pair(s);
}

TEST(sockets, epoll_level_edge_oneshot)
{
    int s[2];
    char text[8];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    int ep = CHECK_OK(epoll_create1(0));
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP}, got;
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    CHECK_EQ(write(s[1], "ab", 2), 2);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1); // level
    e.events = EPOLLIN | EPOLLOUT | EPOLLET;
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &e));
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    CHECK_EQ(got.events, EPOLLIN | EPOLLOUT);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0); // edge
    CHECK_EQ(write(s[1], "c", 1), 1);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    CHECK_EQ(read(s[0], text, 8), 3);
    e.events = EPOLLIN | EPOLLONESHOT;
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &e));
    CHECK_EQ(write(s[1], "d", 1), 1);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    e.events = EPOLLIN | EPOLLRDHUP;
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &e));
    close(s[1]);
    CHECK_EQ(epoll_wait(ep, &got, 1, 1000), 1);
    CHECK_EQ(got.events, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
    close(s[0]);
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    close(ep);
}

TEST(sockets, epoll_tells_of_room)
{
    int s[2];
    static char block[65536];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    int ep = CHECK_OK(epoll_create1(0));
    struct epoll_event e = {.events = EPOLLOUT | EPOLLET}, got;
    CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    while (write(s[0], block, sizeof block) > 0)
        continue;
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
    while (read(s[1], block, sizeof block) > 0)
        continue;
    CHECK_EQ(epoll_wait(ep, &got, 1, 0), 1);
    CHECK_EQ(got.events, EPOLLOUT);
    close(ep);
    close_pair(s);
}

TEST(sockets, select_sees_sockets)
{
    int s[2];
    fd_set in, out;
    struct timeval none = {0, 0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(s[0], &in);
    FD_SET(s[0], &out);
    CHECK_EQ(select(s[0] + 1, &in, &out, NULL, &none), 1);
    CHECK(FD_ISSET(s[0], &out) && !FD_ISSET(s[0], &in));
    CHECK_EQ(write(s[1], "x", 1), 1);
    FD_SET(s[0], &in);
    CHECK_EQ(select(s[0] + 1, &in, NULL, NULL, &none), 1);
    close_pair(s);
}

TEST(sockets, nonblocking_by_ioctl)
{
    int s[2], on = 1;
    char c;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_OK(ioctl(s[0], FIONBIO, &on));
    CHECK_ERR(read(s[0], &c, 1), EAGAIN);
    CHECK_EQ(fcntl(s[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    close_pair(s);
}

TEST(sockets, vectors)
{
    int s[2];
    char a[3], b[4];
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cdefg", 5}}, in[2] = {{a, 3}, {b, 4}};
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(writev(s[0], out, 3), 7);
    CHECK_EQ(readv(s[1], in, 2), 7);
    CHECK_EQ(memcmp(a, "abc", 3), 0);
    CHECK_EQ(memcmp(b, "defg", 4), 0);
    close_pair(s);
}

TEST(sockets, sendfile_and_splice)
{
    int s[2], ends[2];
    char text[32] = {0};
    int file = scratch_file("to-send", "0123456789abcdef");
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_OK(pipe(ends));
    off_t offset = 4;
    CHECK_EQ(sendfile(s[0], file, &offset, 100), 12);
    CHECK_EQ(offset, 16);
    CHECK_EQ(read(s[1], text, 32), 12);
    CHECK_STR(text, "456789abcdef");
    CHECK_EQ(write(s[0], "through", 7), 7);
    CHECK_EQ(splice(s[1], NULL, ends[1], NULL, 100, 0), 7);
    CHECK_EQ(splice(ends[0], NULL, s[1], NULL, 100, 0), 7);
    memset(text, 0, sizeof text);
    CHECK_EQ(read(s[0], text, 32), 7);
    CHECK_STR(text, "through");
    close_pair(ends);
    close_pair(s);
    close(file);
}

TEST(sockets, many_messages_at_once)
{
    int s[2];
    char text[4][8] = {{0}};
    struct iovec iov[4];
    struct mmsghdr m[4] = {0};
    CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    for (int i = 0; i < 4; i++) {
        iov[i] = (struct iovec){text[i], (size_t)i + 1};
        m[i].msg_hdr.msg_iov = &iov[i];
        m[i].msg_hdr.msg_iovlen = 1;
        memset(text[i], 'a' + i, 7);
    }
    CHECK_EQ(sendmmsg(s[0], m, 3, 0), 3);
    CHECK_EQ(m[2].msg_len, 3);
    memset(text, 0, sizeof text);
    for (int i = 0; i < 4; i++)
        iov[i].iov_len = 8;
    CHECK_EQ(recvmmsg(s[1], m, 4, MSG_WAITFORONE, NULL), 3);
    CHECK_EQ(m[1].msg_len, 2);
    CHECK_STR(text[2], "ccc");
    CHECK_ERR(recvmmsg(s[1], m, 4, MSG_DONTWAIT, NULL), EAGAIN);
    struct timespec wrong = {0, -1};
    CHECK_ERR(recvmmsg(s[1], m, 4, MSG_DONTWAIT, &wrong), EINVAL);
    close_pair(s);
}

TEST(sockets, bad_memory)
{
    int s[2];
    char* page = map_pages(1);
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_ERR(send(s[0], (void*)8, 4, 0), EFAULT);
    CHECK_EQ(write(s[0], "abcd", 4), 4);
    CHECK_ERR(recv(s[1], (void*)8, 4, 0), EFAULT);
    CHECK_ERR(sendmsg(s[0], (void*)8, 0), EFAULT);
    CHECK_ERR(recvmsg(s[1], (void*)8, 0), EFAULT);
    CHECK_ERR(getsockname(s[0], (void*)page, (void*)8), EFAULT);
    CHECK_ERR(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, (void*)8, 4), EFAULT);
    CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 0, (void*)8), EFAULT);
    char text[8];
    CHECK_EQ(recv(s[1], text, 8, MSG_DONTWAIT), 4); // the bytes are still there
    close_pair(s);
}
