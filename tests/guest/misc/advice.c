// Calls that mostly advise: memory policy, file advice, syncing, groups, rseq, waiting for children there are
// not.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(misc, memory_policy)
{
    int mode = -1;
    unsigned long nodes[16] = {0};
    long r = syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0);
    if (r == -1) { // a kernel without NUMA; programs do not mind
        CHECK_EQ(errno, ENOSYS);
        return;
    }
    CHECK_EQ(mode, 0 /* MPOL_DEFAULT */);
    CHECK_OK(syscall(SYS_set_mempolicy, 0, NULL, 0));
    CHECK_ERR(syscall(SYS_set_mempolicy, 99, nodes, 64), EINVAL);
}

TEST(misc, file_advice_and_syncing)
{
    int fd = scratch_file("advised", "content"), ends[2];
    CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
    CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
    CHECK_EQ(posix_fadvise(fd, 0, 0, 99), EINVAL);
    CHECK_EQ(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL), EBADF);
    CHECK_OK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
    CHECK_OK(syncfs(fd));
    sync();
    CHECK_OK(readahead(fd, 0, 100));
    CHECK_OK(pipe(ends));
    CHECK_ERR(fsync(ends[0]), EINVAL);
    close(ends[0]);
    close(ends[1]);
    close(fd);
}

TEST(misc, groups)
{
    gid_t groups[8] = {0};
    if (geteuid() != 0)
        return;
    CHECK_OK(setgroups(2, (gid_t[]){5, 7}));
    CHECK_EQ(getgroups(8, groups), 2);
    CHECK_EQ(groups[0], 5);
    CHECK_EQ(groups[1], 7);
    CHECK_ERR(getgroups(1, groups), EINVAL);
    CHECK_OK(setgroups(0, NULL));
    CHECK_EQ(getgroups(0, NULL), 0);
}

// glibc registers; where it could not, everything works without.
TEST(misc, restartable_sequences)
{
    struct {
        uint32_t cpu_id_start, cpu_id;
        uint64_t critical_section;
        uint32_t flags, pad[3];
    } __attribute__((aligned(32))) area = {0};
    long r = syscall(SYS_rseq, &area, sizeof area, 0, 0x53053053);
    CHECK_EQ(r, -1); // already registered with another area, or not there at all
    CHECK(errno == EINVAL || errno == ENOSYS || errno == EBUSY || errno == EPERM);
}

TEST(misc, no_children)
{
    siginfo_t info;
    CHECK_ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
    CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
    CHECK_ERR(waitpid(1 << 20, NULL, 0), ECHILD);
    CHECK_ERR(waitpid(-1, NULL, 0x40), EINVAL);
}
