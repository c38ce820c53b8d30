// What poll says of pipes and FIFOs in every state.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static int state(int fd)
{
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0};
    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

TEST(pipes, poll_states)
{
    int ends[2];
    static char block[65536];
    CHECK_OK(pipe(ends));
    CHECK_EQ(state(ends[0]), 0);
    CHECK_EQ(state(ends[1]), POLLOUT | POLLWRNORM);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(state(ends[0]), POLLIN | POLLRDNORM);
    CHECK_EQ(write(ends[1], block, 65536 - 4096), 65536 - 4096);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], block, 4096) > 0)
        continue;
    CHECK_EQ(state(ends[1]), 0);
    close(ends[1]);
    CHECK_EQ(state(ends[0]), POLLIN | POLLRDNORM | POLLHUP);
    while (read(ends[0], block, sizeof block) > 0)
        continue;
    CHECK_EQ(state(ends[0]), POLLHUP);
    close(ends[0]);
}

TEST(pipes, poll_reader_gone)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    close(ends[0]);
    CHECK_EQ(state(ends[1]), POLLOUT | POLLWRNORM | POLLERR);
    close(ends[1]);
    CHECK_EQ(state(ends[1]), POLLNVAL);
}

TEST(pipes, fifo_by_name)
{
    const char* path = scratch("fifo");
    char c = 0;
    remove_tree(path);
    CHECK_OK(mkfifo(path, 0640));
    CHECK_ERR(mkfifo(path, 0640), EEXIST);
    struct stat st;
    CHECK_OK(stat(path, &st));
    CHECK_EQ(st.st_mode, S_IFIFO | 0640);
    int both = CHECK_OK(open(path, O_RDWR)); // Linux allows it, and it does not block
    CHECK_EQ(write(both, "f", 1), 1);
    CHECK_EQ(read(both, &c, 1), 1);
    CHECK_EQ(c, 'f');
    int r = CHECK_OK(open(path, O_RDONLY));
    int w = CHECK_OK(open(path, O_WRONLY));
    CHECK_EQ(write(w, "g", 1), 1);
    CHECK_EQ(read(r, &c, 1), 1);
    close(both);
    close(w);
    CHECK_EQ(read(r, &c, 1), 0);
    close(r);
}

static void* open_writer(void* path)
{
    let_it_block();
    int fd = CHECK_OK(open(path, O_WRONLY));
    CHECK_EQ(write(fd, "h", 1), 1);
    close(fd);
    return NULL;
}

TEST(pipes, fifo_open_waits_for_the_other)
{
    const char* path = scratch("fifo-wait");
    char c = 0;
    remove_tree(path);
    CHECK_OK(mkfifo(path, 0600));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    pthread_t thread = start_thread(open_writer, (void*)path);
    int fd = CHECK_OK(open(path, O_RDONLY));
    CHECK(clock_ns(CLOCK_MONOTONIC) - start >= 15000000);
    CHECK_EQ(read(fd, &c, 1), 1);
    CHECK_EQ(c, 'h');
    pthread_join(thread, NULL);
    close(fd);
}
