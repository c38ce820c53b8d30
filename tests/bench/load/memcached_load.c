// Load for memcached: connections that each ask again as soon as they were answered, from one thread.
//
//     memcached_load HOST PORT get|set CONNECTIONS PIPELINE SECONDS
//
// Prints the operations and the seconds; ends with 1 if the server closes a connection or is silent for 5
// seconds.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { value_size = 100, most_connections = 4096 };

static char request[1 << 16];
static size_t request_size, answer_size;
static size_t received[most_connections];
static int sockets[most_connections];
static struct sockaddr_in server = {.sin_family = AF_INET};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void give_up(const char* why)
{
    printf("failed: %s\n", why);
    exit(1);
}

static int connect_to_server(void)
{
    const int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (s < 0 || connect(s, (struct sockaddr*)&server, sizeof server) != 0)
        give_up("no connection");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

static void send_all(int s, const char* bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = write(s, bytes, size);
        if (sent <= 0)
            give_up("cannot send");
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void prepare(int set, unsigned pipeline)
{
    char value[value_size + 1], one[200], stored[32];
    memset(value, 'x', value_size);
    value[value_size] = 0;
    snprintf(one, sizeof one, "set k 0 0 %d\r\n%s\r\n", value_size, value);
    const int s = connect_to_server();
    send_all(s, one, strlen(one));
    if (read(s, stored, sizeof stored) <= 0)
        give_up("no answer");
    close(s);
    size_t answer = strlen("STORED\r\n");
    if (!set) {
        answer = strlen("VALUE k 0 100\r\n") + value_size + strlen("\r\nEND\r\n");
        strcpy(one, "get k\r\n");
    }
    answer_size = answer * pipeline;
    for (unsigned i = 0; i < pipeline; i++, request_size += strlen(one))
        memcpy(request + request_size, one, strlen(one));
}

int main(int count, char** words)
{
    if (count != 7)
        give_up("usage: memcached_load HOST PORT get|set CONNECTIONS PIPELINE SECONDS");
    const int connections = atoi(words[4]);
    const unsigned pipeline = (unsigned)atoi(words[5]);
    const double seconds = atof(words[6]);
    if (connections < 1 || connections > most_connections || pipeline < 1 || pipeline > 256)
        give_up("that many");
    server.sin_port = htons((unsigned short)atoi(words[2]));
    inet_pton(AF_INET, words[1], &server.sin_addr);
    prepare(strcmp(words[3], "set") == 0, pipeline);
    const int set = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        sockets[i] = connect_to_server();
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};
        epoll_ctl(set, EPOLL_CTL_ADD, sockets[i], &event);
    }
    const double begin = now();
    unsigned long operations = 0;
    for (int i = 0; i < connections; i++)
        send_all(sockets[i], request, request_size);
    while (now() - begin < seconds) {
        struct epoll_event ready[64];
        static char answer[1 << 16];
        const int n = epoll_wait(set, ready, 64, 5000);
        if (n <= 0)
            give_up("silence");
        for (int i = 0; i < n; i++) {
            const unsigned c = ready[i].data.u32;
            const ssize_t size = read(sockets[c], answer, sizeof answer);
            if (size <= 0)
                give_up("closed");
            received[c] += (size_t)size;
            if (received[c] < answer_size)
                continue;
            received[c] = 0;
            operations += pipeline;
            send_all(sockets[c], request, request_size);
        }
    }
    printf("%lu operations %.3f seconds\n", operations, now() - begin);
    return 0;
}
