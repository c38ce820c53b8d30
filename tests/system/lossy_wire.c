// A wire between two taps that loses, duplicates, delays and reorders frames, the same way for the same seed.
//
//     lossy_wire TAP_A TAP_B SEED LOSS DUPLICATES REORDERED DELAY_MS
//
// LOSS, DUPLICATES and REORDERED are in frames of 10,000. Every frame waits DELAY_MS; a reordered one waits a
// little longer, so that those behind it pass. Runs until it is killed; "ready" on standard output says that
// both taps are there.
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { largest_frame = 65536, most_waiting = 20000 };

struct frame {
    struct frame* next;
    uint64_t due; // in microseconds
    size_t length;
    unsigned char bytes[];
};

// One direction: frames in the order in which they are due.
struct lane {
    struct frame* first;
    struct frame* last;
    unsigned waiting;
    int from, to;
};

static uint64_t random_state;
static unsigned loss, duplicates, reordered, delay_us;

static unsigned random_below(unsigned limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 16) % limit);
}

static int happens(unsigned of_10000)
{
    return random_below(10000) < of_10000;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int open_tap(const char* name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) {
        perror(name);
        exit(1);
    }
    return tap;
}

static void enqueue(struct lane* lane, const unsigned char* bytes, size_t length, uint64_t due)
{
    if (lane->waiting == most_waiting)
        return; // a full wire loses, too
    struct frame* const f = malloc(sizeof *f + length);
    if (!f)
        return;
    f->due = due;
    f->length = length;
    memcpy(f->bytes, bytes, length);
    // Nearly always behind all others.
    struct frame** at = lane->first && lane->last->due <= due ? &lane->last->next : &lane->first;
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    f->next = *at;
    *at = f;
    if (!f->next)
        lane->last = f;
    lane->waiting++;
}

static void take_in(struct lane* lane)
{
    static unsigned char bytes[largest_frame];
    for (;;) {
        const ssize_t length = read(lane->from, bytes, sizeof bytes);
        if (length <= 0)
            return;
        if (happens(loss))
            continue;
        const uint64_t due = now() + delay_us + (happens(reordered) ? 1000 + random_below(5000) : 0);
        enqueue(lane, bytes, (size_t)length, due);
        if (happens(duplicates))
            enqueue(lane, bytes, (size_t)length, due);
    }
}

static void give_out(struct lane* lane)
{
    const uint64_t time = now();
    while (lane->first && lane->first->due <= time) {
        struct frame* const f = lane->first;
        if (write(lane->to, f->bytes, f->length) < 0 && errno == EAGAIN)
            return;
        lane->first = f->next;
        lane->waiting--;
        free(f);
    }
}

static int patience_ms(const struct lane* lanes)
{
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < 2; i++)
        if (lanes[i].first && lanes[i].first->due < next)
            next = lanes[i].first->due;
    if (next == UINT64_MAX)
        return -1;
    const uint64_t time = now();
    return next <= time ? 0 : (int)((next - time + 999) / 1000);
}

int main(int count, char** words)
{
    if (count != 8) {
        fprintf(stderr, "usage: lossy_wire TAP_A TAP_B SEED LOSS DUPLICATES REORDERED DELAY_MS\n");
        return 2;
    }
    const int a = open_tap(words[1]), b = open_tap(words[2]);
    random_state = strtoull(words[3], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
    loss = (unsigned)atoi(words[4]);
    duplicates = (unsigned)atoi(words[5]);
    reordered = (unsigned)atoi(words[6]);
    delay_us = (unsigned)atoi(words[7]) * 1000;
    struct lane lanes[2] = {{NULL, NULL, 0, a, b}, {NULL, NULL, 0, b, a}};
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd ready[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
        if (poll(ready, 2, patience_ms(lanes)) < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < 2; i++) {
            take_in(&lanes[i]);
            give_out(&lanes[i]);
        }
    }
}
