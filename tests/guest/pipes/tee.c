// tee: bytes go into a second pipe and stay in the first.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int in[2], out[2];

static void make(int flags)
{
    CHECK_OK(pipe2(in, flags));
    CHECK_OK(pipe2(out, flags));
}

static void unmake(void)
{
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
}

static void expect(int pipe, const char* text)
{
    char got[64] = "";
    CHECK_EQ(read(pipe, got, sizeof got - 1), (long)strlen(text));
    CHECK_STR(got, text);
}

TEST(pipes, tee_copies)
{
    make(0);
    CHECK_EQ(write(in[1], "hello, tee", 10), 10);
    CHECK_EQ(tee(in[0], out[1], 5, 0), 5);
    expect(out[0], "hello");
    CHECK_EQ(tee(in[0], out[1], 1000, 0), 10); // from the start again: nothing was taken
    expect(in[0], "hello, tee");
    expect(out[0], "hello, tee");
    CHECK_EQ(tee(in[0], out[1], 0, 0), 0);
    close(in[1]);
    CHECK_EQ(tee(in[0], out[1], 10, 0), 0); // the end
    close(in[0]);
    close(out[0]);
    close(out[1]);
}

TEST(pipes, tee_many_pages)
{
    enum { SIZE = 50000 };
    static char sent[SIZE], got[SIZE];
    for (int i = 0; i < SIZE; i++)
        sent[i] = (char)(i * 7 + i / 256);
    make(0);
    CHECK_EQ(write(in[1], sent, 1000), 1000);
    CHECK_EQ(read(in[0], got, 900), 900); // begins within a page
    CHECK_EQ(write(in[1], sent, SIZE), SIZE);
    CHECK_EQ(tee(in[0], out[1], 1 << 20, 0), 100 + SIZE);
    for (int side = 0; side < 2; side++) {
        int from = side ? in[0] : out[0];
        CHECK_EQ(read(from, got, 100), 100);
        memset(got, 0, SIZE);
        CHECK_EQ(read(from, got, SIZE), SIZE);
        CHECK(memcmp(got, sent, SIZE) == 0);
    }
    unmake();
}

TEST(pipes, tee_refusals)
{
    make(O_NONBLOCK);
    int file = scratch_file("tee", "text");
    CHECK_ERR(tee(in[0], out[1], 10, 0), EAGAIN);
    CHECK_EQ(write(in[1], "abc", 3), 3);
    CHECK_ERR(tee(in[0], in[1], 10, 0), EINVAL);
    CHECK_ERR(tee(file, out[1], 10, 0), EINVAL);
    CHECK_ERR(tee(in[0], file, 10, 0), EINVAL);
    CHECK_ERR(tee(in[1], out[1], 10, 0), EBADF);
    CHECK_ERR(tee(in[0], out[0], 10, 0), EBADF);
    CHECK_ERR(tee(in[0], 999, 10, 0), EBADF);
    CHECK_ERR(tee(in[0], out[1], 10, 0x1000), EINVAL);
    while (write(out[1], "0123456789abcdef", 16) == 16)
        continue;
    CHECK_ERR(tee(in[0], out[1], 10, 0), EAGAIN); // no room
    signal(SIGPIPE, SIG_IGN);
    close(out[0]);
    CHECK_ERR(tee(in[0], out[1], 10, 0), EPIPE);
    expect(in[0], "abc");
    close(in[1]);
    CHECK_ERR(tee(in[0], out[1], 10, 0), EPIPE); // before the end of the other
    close(in[0]);
    close(out[1]);
    close(file);
}

static void* write_late(void* unused)
{
    let_it_block();
    CHECK_EQ(write(in[1], "late", 4), 4);
    return unused;
}

static void* read_late(void* unused)
{
    static char room[65536];
    let_it_block();
    CHECK(read(out[0], room, sizeof room) > 0);
    return unused;
}

TEST(pipes, tee_waits)
{
    static char full[65536];
    make(0);
    pthread_t other = start_thread(write_late, NULL);
    CHECK_EQ(tee(in[0], out[1], 10, 0), 4);
    pthread_join(other, NULL);
    expect(out[0], "late");
    CHECK_EQ(fcntl(out[1], F_SETPIPE_SZ, 65536), 65536);
    CHECK_EQ(write(out[1], full, sizeof full), sizeof full);
    CHECK_ERR(tee(in[0], out[1], 10, SPLICE_F_NONBLOCK), EAGAIN);
    other = start_thread(read_late, NULL);
    CHECK_EQ(tee(in[0], out[1], 10, 0), 4);
    pthread_join(other, NULL);
    expect(in[0], "late");
    unmake();
}
