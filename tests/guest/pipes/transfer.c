// Pipes: what goes in comes out, blocking and not, and the two ends of life.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_both(int* ends)
{
    close(ends[0]);
    close(ends[1]);
}

TEST(pipes, flags)
{
    int ends[2];
    CHECK_OK(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(ends[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
    CHECK_EQ(fcntl(ends[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
    close_both(ends);
    CHECK_ERR(pipe2(ends, 0x40000000), EINVAL);
    CHECK_OK(pipe(ends));
    char c;
    CHECK_ERR(read(ends[1], &c, 1), EBADF);
    CHECK_ERR(write(ends[0], &c, 1), EBADF);
    struct stat st;
    CHECK_OK(fstat(ends[0], &st));
    CHECK(S_ISFIFO(st.st_mode));
    close_both(ends);
}

TEST(pipes, short_reads_and_order)
{
    int ends[2];
    char text[32] = {0};
    CHECK_OK(pipe(ends));
    CHECK_EQ(write(ends[1], "abc", 3), 3);
    CHECK_EQ(write(ends[1], "defgh", 5), 5);
    CHECK_EQ(read(ends[0], text, 2), 2);
    CHECK_EQ(read(ends[0], text + 2, 30), 6); // all that is there
    CHECK_STR(text, "abcdefgh");
    close_both(ends);
}

TEST(pipes, end_of_file_after_the_rest)
{
    int ends[2];
    char text[8] = {0};
    CHECK_OK(pipe(ends));
    CHECK_EQ(write(ends[1], "last", 4), 4);
    close(ends[1]);
    CHECK_EQ(read(ends[0], text, 8), 4);
    CHECK_EQ(read(ends[0], text, 8), 0);
    CHECK_EQ(read(ends[0], text, 8), 0);
    close(ends[0]);
}

TEST(pipes, nonblocking)
{
    int ends[2];
    static char block[4096];
    long total = 0;
    CHECK_OK(pipe2(ends, O_NONBLOCK));
    CHECK_ERR(read(ends[0], block, 1), EAGAIN);
    for (ssize_t n; (n = write(ends[1], block, sizeof block)) > 0;)
        total += n;
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(total, 65536);
    CHECK_EQ(fcntl(ends[1], F_GETPIPE_SZ), 65536);
    CHECK_EQ(read(ends[0], block, 4096), 4096);
    CHECK_EQ(write(ends[1], block, 4096), 4096);
    CHECK_ERR(write(ends[1], block, 1), EAGAIN);
    close_both(ends);
}

// Up to PIPE_BUF bytes go in whole or not at all; more may go in part.
TEST(pipes, nonblocking_atomicity)
{
    int ends[2];
    static char block[65536];
    CHECK_OK(pipe2(ends, O_NONBLOCK));
    CHECK_EQ(write(ends[1], block, 65536 - PIPE_BUF), 65536 - PIPE_BUF);
    CHECK_EQ(write(ends[1], block, PIPE_BUF), PIPE_BUF);
    CHECK_EQ(read(ends[0], block, 100), 100);
    CHECK_ERR(write(ends[1], block, PIPE_BUF), EAGAIN);
    CHECK_EQ(read(ends[0], block, 2 * PIPE_BUF), 2 * PIPE_BUF);
    CHECK_RANGE(write(ends[1], block, 65536), PIPE_BUF, 3 * PIPE_BUF);
    close_both(ends);
}

static volatile int broken;

static void on_pipe(int signal)
{
    (void)signal;
    broken++;
}

TEST(pipes, broken)
{
    int ends[2];
    struct sigaction action = {.sa_handler = on_pipe};
    CHECK_OK(pipe(ends));
    close(ends[0]);
    CHECK_OK(sigaction(SIGPIPE, &action, NULL));
    broken = 0;
    CHECK_ERR(write(ends[1], "x", 1), EPIPE);
    CHECK_EQ(broken, 1);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERR(write(ends[1], "x", 1), EPIPE);
    close(ends[1]);
}

static void* close_later(void* fd)
{
    let_it_block();
    close((int)(intptr_t)fd);
    return NULL;
}

TEST(pipes, closing_wakes_the_other_side)
{
    int ends[2];
    static char block[65536];
    char c;
    CHECK_OK(pipe(ends));
    pthread_t thread = start_thread(close_later, (void*)(intptr_t)ends[1]);
    CHECK_EQ(read(ends[0], &c, 1), 0);
    pthread_join(thread, NULL);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    CHECK_OK(pipe(ends));
    CHECK_EQ(write(ends[1], block, 65536), 65536);
    thread = start_thread(close_later, (void*)(intptr_t)ends[0]);
    CHECK_ERR(write(ends[1], block, 65536), EPIPE);
    pthread_join(thread, NULL);
    close(ends[1]);
}

TEST(pipes, bytes_waiting)
{
    int ends[2], n = -1;
    CHECK_OK(pipe(ends));
    CHECK_OK(ioctl(ends[0], FIONREAD, &n));
    CHECK_EQ(n, 0);
    CHECK_EQ(write(ends[1], "hello", 5), 5);
    CHECK_EQ(write(ends[1], "hello", 5), 5);
    CHECK_OK(ioctl(ends[0], FIONREAD, &n));
    CHECK_EQ(n, 10);
    close_both(ends);
}

TEST(pipes, size_can_change)
{
    int ends[2];
    static char block[1 << 20];
    CHECK_OK(pipe2(ends, O_NONBLOCK));
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
    CHECK_EQ(write(ends[1], block, 1 << 20), 1 << 20);
    CHECK_ERR(fcntl(ends[1], F_SETPIPE_SZ, 4096), EBUSY); // not below what it holds
    CHECK_EQ(read(ends[0], block, 1 << 20), 1 << 20);
    CHECK_EQ(fcntl(ends[0], F_SETPIPE_SZ, 5000), 8192); // rounded up
    CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 8192);
    close_both(ends);
    int fd = scratch_file("plain", "");
    CHECK_ERR(fcntl(fd, F_GETPIPE_SZ), EBADF);
    close(fd);
}

enum { WRITERS = 4, RECORDS = 200, RECORD = 512 };
static int shared_end;

static void* write_records(void* who)
{
    char record[RECORD];
    memset(record, 'A' + (int)(intptr_t)who, RECORD);
    for (int i = 0; i < RECORDS; i++)
        CHECK_EQ(write(shared_end, record, RECORD), RECORD);
    return NULL;
}

static bool read_full(int fd, char* p, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = read(fd, p + got, length - got);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

TEST(pipes, records_do_not_mix)
{
    int ends[2], counts[WRITERS] = {0};
    pthread_t threads[WRITERS];
    char record[RECORD];
    CHECK_OK(pipe(ends));
    shared_end = ends[1];
    for (int i = 0; i < WRITERS; i++)
        threads[i] = start_thread(write_records, (void*)(intptr_t)i);
    for (int i = 0; i < WRITERS * RECORDS; i++) {
        REQUIRE(read_full(ends[0], record, RECORD));
        CHECK_EQ(memcmp(record, record + 1, RECORD - 1), 0);
        counts[(record[0] - 'A') % WRITERS]++;
    }
    for (int i = 0; i < WRITERS; i++) {
        CHECK_EQ(counts[i], RECORDS);
        pthread_join(threads[i], NULL);
    }
    close_both(ends);
}

static void* send_megabytes(void* fd)
{
    enum { BLOCK = 100000 };
    static unsigned char block[BLOCK];
    uint32_t sum = 0;
    for (int i = 0; i < 40; i++) {
        for (int j = 0; j < BLOCK; j++)
            sum += block[j] = (unsigned char)(i * 31 + j * 7);
        CHECK_EQ(write((int)(intptr_t)fd, block, BLOCK), BLOCK);
    }
    close((int)(intptr_t)fd);
    return (void*)(uintptr_t)sum;
}

TEST(pipes, large_stream)
{
    int ends[2];
    static unsigned char block[33333];
    uint32_t sum = 0;
    long total = 0;
    void* want = NULL;
    CHECK_OK(pipe(ends));
    pthread_t thread = start_thread(send_megabytes, (void*)(intptr_t)ends[1]);
    for (ssize_t n; (n = read(ends[0], block, sizeof block)) > 0; total += n)
        for (ssize_t i = 0; i < n; i++)
            sum += block[i];
    pthread_join(thread, &want);
    CHECK_EQ(total, 4000000);
    CHECK_EQ(sum, (uintptr_t)want);
    close(ends[0]);
}
