// prctl and arch_prctl, as far as programs have been seen to use them.
#include "../check.h"
#include "../support.h"

#include <asm/prctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST(misc, prctl_name)
{
    char name[16] = {0};
    CHECK_OK(prctl(PR_SET_NAME, "a-name-that-is-much-too-long"));
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "a-name-that-is-");
    CHECK_OK(prctl(PR_SET_NAME, "guest-tests"));
    CHECK_ERR(prctl(PR_GET_NAME, 8), EFAULT);
}

TEST(misc, prctl_capabilities)
{
    int last = -1;
    for (int i = 0; i < 64; i++) { // libcap looks for the end of the list
        errno = 0;
        int r = prctl(PR_CAPBSET_READ, i);
        if (r < 0) {
            CHECK_EQ(errno, EINVAL);
            break;
        }
        last = i;
    }
    CHECK_RANGE(last, 36, 62);
    CHECK_ERR(prctl(PR_CAPBSET_READ, 63), EINVAL);
    CHECK_RANGE(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0), 0, 1);
    CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
    CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
    CHECK_OK(prctl(PR_SET_KEEPCAPS, 0));
    CHECK_RANGE(prctl(PR_GET_SECUREBITS), 0, 255);
}

TEST(misc, prctl_flags)
{
    CHECK_RANGE(prctl(PR_GET_DUMPABLE), 0, 2);
    CHECK_OK(prctl(PR_SET_DUMPABLE, 1));
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
    CHECK_ERR(prctl(PR_SET_DUMPABLE, 7), EINVAL);
    CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    CHECK_OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
    CHECK_OK(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
    CHECK_OK(prctl(PR_SET_TIMERSLACK, 50000));
    CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
    int r = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0, 0, "name"); // glibc does not mind a refusal
    CHECK(r == 0 || errno == EINVAL);
    CHECK_ERR(prctl(9999), EINVAL);
}

TEST(misc, arch_prctl)
{
    uint64_t fs = 0, self;
    CHECK_OK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
    __asm__("mov %%fs:0, %0" : "=r"(self));
    CHECK_EQ(fs, self); // glibc's thread block begins with its own address
    CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_FS, 0xffff800000000000), EPERM);
    CHECK_ERR(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
    CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_FS, fs));
}
