// Who and where: uname, sysinfo, ids, capabilities, limits, random bytes, personality.
#include "../check.h"
#include "../support.h"

#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(misc, uname)
{
    struct utsname u;
    int major = 0, minor = 0;
    CHECK_OK(uname(&u));
    CHECK_STR(u.sysname, "Linux");
    CHECK_STR(u.machine, "x86_64");
    CHECK_EQ(sscanf(u.release, "%d.%d", &major, &minor), 2);
    CHECK_RANGE(major, 4, 99); // the C library refuses to run below 3.2
    CHECK(*u.nodename && *u.version);
    char name[256];
    CHECK_OK(gethostname(name, sizeof name));
    CHECK_STR(name, u.nodename);
}

TEST(misc, sysinfo)
{
    struct sysinfo s;
    CHECK_OK(sysinfo(&s));
    CHECK(s.totalram > 0 && s.freeram > 0 && s.freeram <= s.totalram);
    CHECK(s.mem_unit >= 1 && s.procs >= 1);
    CHECK_RANGE((int64_t)s.totalram * s.mem_unit, 4 << 20, INT64_C(1) << 46);
    CHECK_EQ(sysconf(_SC_PAGESIZE), PAGE);
    CHECK(sysconf(_SC_PHYS_PAGES) > 0);
    CHECK_EQ(sysconf(_SC_CLK_TCK), 100);
}

TEST(misc, ids)
{
    uid_t r, e, s;
    CHECK_EQ(getuid(), geteuid());
    CHECK_EQ(getgid(), getegid());
    CHECK_OK(getresuid(&r, &e, &s));
    CHECK_EQ(r, getuid());
    CHECK_EQ(s, getuid());
    CHECK(getpid() > 0);
    CHECK(getppid() >= 0);
    CHECK_EQ(getpgid(0), getpgrp());
    CHECK_RANGE(getgroups(0, NULL), 0, 65536);
    CHECK_OK(setuid(getuid()));
    CHECK_OK(setgid(getgid()));
    CHECK_OK(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1));
    int status;
    CHECK_ERR(waitpid(-1, &status, WNOHANG), ECHILD);
    CHECK_ERR(wait4(-1, &status, 0, NULL), ECHILD);
}

TEST(misc, capabilities)
{
    struct __user_cap_header_struct header = {0, 0};
    struct __user_cap_data_struct data[2];
    CHECK_ERR(syscall(SYS_capget, &header, data), EINVAL); // unknown version: told the preferred one
    CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
    header.pid = 0;
    CHECK_OK(syscall(SYS_capget, &header, data));
    if (geteuid() == 0)
        CHECK(data[0].effective & (1u << CAP_NET_BIND_SERVICE));
    CHECK_OK(syscall(SYS_capset, &header, data));
    header.version = 0;
    CHECK_OK(syscall(SYS_capget, &header, NULL)); // only asks for the version
}

TEST(misc, limits)
{
    struct rlimit l, same;
    static const int all[] = {RLIMIT_STACK,  RLIMIT_NOFILE,  RLIMIT_AS,    RLIMIT_CORE,
                              RLIMIT_DATA,   RLIMIT_FSIZE,   RLIMIT_NPROC, RLIMIT_RSS,
                              RLIMIT_RTPRIO, RLIMIT_MEMLOCK, RLIMIT_CPU};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CHECK_OK(getrlimit(all[i], &l));
        CHECK(l.rlim_cur <= l.rlim_max);
        CHECK_OK(setrlimit(all[i], &l));
        CHECK_OK(prlimit(0, all[i], NULL, &same));
        CHECK_EQ(same.rlim_cur, l.rlim_cur);
    }
    CHECK_OK(getrlimit(RLIMIT_STACK, &l));
    CHECK(l.rlim_cur >= 1 << 20);
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &l));
    CHECK_EQ(sysconf(_SC_OPEN_MAX), l.rlim_cur);
    CHECK_ERR(getrlimit(99, &l), EINVAL);
    CHECK_ERR(prlimit(0x3ffffff0, RLIMIT_CORE, NULL, &l), ESRCH);
    l = (struct rlimit){10, 5};
    CHECK_ERR(setrlimit(RLIMIT_CORE, &l), EINVAL);
}

TEST(misc, random_bytes)
{
    unsigned char a[64] = {0}, b[64] = {0};
    CHECK_EQ(getrandom(a, 64, 0), 64);
    CHECK_EQ(getrandom(b, 64, GRND_NONBLOCK), 64);
    CHECK(memcmp(a, b, 64) != 0);
    CHECK_EQ(getrandom(b, 64, GRND_RANDOM), 64);
    CHECK_EQ(syscall(SYS_getrandom, b, 64, 4 /* GRND_INSECURE */), 64);
    CHECK_EQ(getrandom(b, 0, 0), 0);
    CHECK_ERR(getrandom(b, 64, 0x100), EINVAL);
    int ones = 0;
    for (int i = 0; i < 64; i++)
        ones += __builtin_popcount(a[i]);
    CHECK_RANGE(ones, 150, 362); // 256 expected; 9 standard deviations
}

TEST(misc, personality)
{
    CHECK_EQ(personality(0xffffffff), 0);
    CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
    CHECK_EQ(personality(0), ADDR_NO_RANDOMIZE);
}

TEST(misc, unknown_system_calls)
{
    CHECK_ERR(syscall(9999), ENOSYS);
    CHECK_ERR(syscall(-5), ENOSYS);
    CHECK_ERR(syscall(400), ENOSYS); // a hole in the table
    CHECK_ERR(syscall(174 /* create_module */, 0, 0), ENOSYS);
}

TEST(misc, membarrier)
{
    long commands = syscall(SYS_membarrier, 0 /* QUERY */, 0, 0);
    if (commands < 0) {
        CHECK_EQ(errno, ENOSYS);
        return;
    }
    if (commands & (1 << 3)) {
        CHECK_OK(syscall(SYS_membarrier, 1 << 4 /* REGISTER_PRIVATE_EXPEDITED */, 0, 0));
        CHECK_OK(syscall(SYS_membarrier, 1 << 3 /* PRIVATE_EXPEDITED */, 0, 0));
    }
    CHECK_ERR(syscall(SYS_membarrier, 1 << 30, 0, 0), EINVAL);
}
