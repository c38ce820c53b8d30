// memcpy, memmove and memset of every short length, at every alignment and overlap, against loops over bytes.
#include "../check.h"

enum { room = 1200, longest = 400 };

static unsigned char got[room], want[room];

static void fill(void)
{
    for (int i = 0; i < room; i++)
        got[i] = want[i] = (unsigned char)rand();
}

static void move_bytes(unsigned char* to, const unsigned char* from, size_t size)
{
    static unsigned char between[longest];
    for (size_t i = 0; i < size; i++)
        between[i] = from[i];
    for (size_t i = 0; i < size; i++)
        to[i] = between[i];
}

// Called where the compiler cannot see what it is.
static void* (*volatile move)(void*, const void*, size_t) = memmove;
static void* (*volatile copy)(void*, const void*, size_t) = memcpy;
static void* (*volatile set)(void*, int, size_t) = memset;

TEST(misc, memory_moved)
{
    for (size_t size = 0; size < longest; size++)
        for (int distance = -70; distance < 70; distance += 7) {
            const int from = 100 + (int)size % 17;
            fill();
            move_bytes(want + from + distance, want + from, size);
            CHECK(move(got + from + distance, got + from, size) == got + from + distance);
            if (!CHECK(memcmp(got, want, room) == 0))
                return;
        }
}

TEST(misc, memory_copied)
{
    for (size_t size = 0; size < longest; size++)
        for (int alignment = 0; alignment < 16; alignment += 3) {
            const int from = 5 + (int)size % 16, to = 600 + alignment;
            fill();
            move_bytes(want + to, want + from, size);
            CHECK(copy(got + to, got + from, size) == got + to);
            if (!CHECK(memcmp(got, want, room) == 0))
                return;
        }
}

TEST(misc, memory_set)
{
    for (size_t size = 0; size < longest; size++)
        for (int alignment = 0; alignment < 64; alignment += 5) {
            fill();
            for (size_t i = 0; i < size; i++)
                want[100 + alignment + i] = 0xa5;
            CHECK(set(got + 100 + alignment, 0x7a5, size) == got + 100 + alignment);
            if (!CHECK(memcmp(got, want, room) == 0))
                return;
        }
}
