// sigaction: handlers, flags, and what is kept of an action.
#include "../check.h"
#include "../support.h"

#include <sys/syscall.h>
#include <unistd.h>

// volatile: the compiler believes that raise() calls nothing of ours.
static volatile int calls, last_signal, depth, deepest;
static siginfo_t last_info;

static void simple(int signal)
{
    calls++;
    last_signal = signal;
}

static void with_info(int signal, siginfo_t* info, void* context)
{
    calls++;
    last_signal = signal;
    last_info = *info;
    CHECK(context != NULL);
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    CHECK_OK(sigaction(signal, &action, NULL));
}

TEST(signals, action_is_kept)
{
    struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    struct sigaction old;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaddset(&action.sa_mask, SIGRTMIN + 3);
    CHECK_OK(sigaction(SIGUSR1, &action, &old));
    CHECK(old.sa_handler == SIG_DFL);
    CHECK_OK(sigaction(SIGUSR1, NULL, &old));
    CHECK(old.sa_sigaction == with_info);
    CHECK_EQ(old.sa_flags & (SA_SIGINFO | SA_RESTART | SA_NODEFER | SA_ONSTACK),
             SA_SIGINFO | SA_RESTART | SA_NODEFER);
    CHECK_EQ(sigismember(&old.sa_mask, SIGHUP), 1);
    CHECK_EQ(sigismember(&old.sa_mask, SIGRTMIN + 3), 1);
    CHECK_EQ(sigismember(&old.sa_mask, SIGINT), 0);
}

TEST(signals, action_refused)
{
    struct sigaction action = {.sa_handler = simple};
    CHECK_ERR(sigaction(SIGKILL, &action, NULL), EINVAL);
    CHECK_ERR(sigaction(SIGSTOP, &action, NULL), EINVAL);
    CHECK_OK(sigaction(SIGKILL, NULL, &action));
    CHECK_ERR(sigaction(65, &action, NULL), EINVAL);
    CHECK_ERR(sigaction(0, &action, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
}

// Redis: sa_flags sign-extended to 64 bits; the upper half is ignored.
TEST(signals, action_upper_flag_bits)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action, old;
    install(SIGUSR1, simple, 0);
    CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, 8)); // for its restorer
    action.flags |= 0xffffffff00000000 | 0x80000000 /* SA_RESETHAND */;
    CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8));
    calls = 0;
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(calls, 1);
    CHECK_OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
    CHECK(old.handler == (void (*)(int))SIG_DFL);
}

TEST(signals, raise_and_info)
{
    struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    calls = 0;
    CHECK_OK(raise(SIGUSR1)); // tgkill
    CHECK_EQ(calls, 1);
    CHECK_EQ(last_info.si_signo, SIGUSR1);
    CHECK_EQ(last_info.si_code, SI_TKILL);
    CHECK_EQ(last_info.si_pid, getpid());
    CHECK_EQ(last_info.si_uid, getuid());
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(calls, 2); // delivered before kill returns: no other thread is there
    CHECK_EQ(last_info.si_code, SI_USER);
    CHECK_EQ(last_info.si_pid, getpid());
}

TEST(signals, reset_after_one)
{
    struct sigaction old;
    install(SIGUSR1, simple, SA_RESETHAND);
    calls = 0;
    raise(SIGUSR1);
    CHECK_EQ(calls, 1);
    CHECK_OK(sigaction(SIGUSR1, NULL, &old));
    CHECK(old.sa_handler == SIG_DFL);
}

static void nesting(int signal)
{
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (++calls < 3)
        raise(signal);
    depth--;
}

TEST(signals, own_signal_waits_unless_nodefer)
{
    calls = depth = deepest = 0;
    install(SIGUSR1, nesting, 0);
    raise(SIGUSR1);
    CHECK_EQ(calls, 3);
    CHECK_EQ(deepest, 1); // one after the other
    calls = depth = deepest = 0;
    install(SIGUSR1, nesting, SA_NODEFER);
    raise(SIGUSR1);
    CHECK_EQ(calls, 3);
    CHECK_EQ(deepest, 3);
}

static sigset_t mask_inside;

static void note_mask(int signal)
{
    (void)signal;
    sigprocmask(SIG_SETMASK, NULL, &mask_inside);
}

TEST(signals, mask_in_handler_and_after)
{
    struct sigaction action = {.sa_handler = note_mask};
    sigset_t after, blocked;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGHUP);
    CHECK_OK(sigprocmask(SIG_SETMASK, &blocked, NULL));
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    raise(SIGUSR1);
    CHECK_EQ(sigismember(&mask_inside, SIGUSR1), 1);
    CHECK_EQ(sigismember(&mask_inside, SIGUSR2), 1);
    CHECK_EQ(sigismember(&mask_inside, SIGHUP), 1);
    CHECK_EQ(sigismember(&mask_inside, SIGINT), 0);
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &after));
    CHECK_EQ(sigismember(&after, SIGUSR1), 0);
    CHECK_EQ(sigismember(&after, SIGUSR2), 0);
    CHECK_EQ(sigismember(&after, SIGHUP), 1);
}

static void change_mask(int signal, siginfo_t* info, void* context)
{
    (void)signal, (void)info;
    sigaddset(&((ucontext_t*)context)->uc_sigmask, SIGWINCH);
}

TEST(signals, handler_edits_mask)
{
    struct sigaction action = {.sa_sigaction = change_mask, .sa_flags = SA_SIGINFO};
    sigset_t after;
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    raise(SIGUSR1);
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &after));
    CHECK_EQ(sigismember(&after, SIGWINCH), 1);
}

TEST(signals, ignored_signals_vanish)
{
    sigset_t set, waiting;
    install(SIGUSR1, SIG_IGN, 0);
    CHECK_OK(raise(SIGUSR1));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    raise(SIGCHLD);
    CHECK_OK(sigpending(&waiting));
    CHECK_EQ(sigismember(&waiting, SIGUSR2), 1);
    install(SIGUSR2, SIG_IGN, 0); // also those that wait
    CHECK_OK(sigpending(&waiting));
    CHECK_EQ(sigismember(&waiting, SIGUSR2), 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    CHECK_OK(raise(SIGCHLD)); // ignored by default, as these
    CHECK_OK(raise(SIGURG));
    CHECK_OK(raise(SIGWINCH));
    CHECK_OK(raise(SIGCONT));
}

TEST(signals, kill_targets)
{
    install(SIGUSR1, simple, 0);
    calls = 0;
    CHECK_OK(kill(getpid(), 0));
    CHECK_EQ(calls, 0);
    CHECK_ERR(kill(getpid(), 65), EINVAL);
    CHECK_ERR(kill(getpid(), -1), EINVAL);
    CHECK_ERR(kill(0x3ffffff0, SIGUSR1), ESRCH);
    CHECK_ERR(syscall(SYS_tgkill, getpid(), 0x3ffffff0, SIGUSR1), ESRCH);
    CHECK_ERR(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL);
    CHECK_ERR(syscall(SYS_tgkill, 0x3ffffff0, gettid(), SIGUSR1), ESRCH);
    CHECK_OK(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
    CHECK_OK(syscall(SYS_tkill, gettid(), SIGUSR1));
    CHECK_EQ(calls, 2);
}
