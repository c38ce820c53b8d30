// main() of the guest tests: chooses tests, runs them, counts, and survives a test that faults.
//
//     PROGRAM [-v] [-l] [-n TIMES] [--kiln] [--set-clock] [-x PATTERN]... [PATTERN...]
//
// A PATTERN is a family, a family/name, or a glob of one; -x leaves out; -v names each test before it runs
// (a hang shows whose it is); -l lists; --kiln adds what only Kiln does, --set-clock what moves the clock; -n
// runs all so many times and says after each round how much memory is free, for leaks.
#include "check.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

extern const struct guest_test* const __start_guest_tests[];
extern const struct guest_test* const __stop_guest_tests[];

static const struct guest_test* current;
static int failures; // of the current try, atomic: threads check too
static bool muted;   // a try that will be repeated says nothing

static void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// One write per line, so that lines of threads do not mix and none is lost in a crash.
static void say(const char* format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof line)
        length = sizeof line - 1;
    for (int done = 0; done < length;) {
        ssize_t n = write(1, line + done, (size_t)(length - done));
        if (n <= 0)
            return;
        done += (int)n;
    }
}

static void fail(struct check_site site, const char* got, const char* want)
{
    const char* file = strrchr(site.file, '/');
    if (__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) > 20 || muted)
        return;
    say("not ok %s/%s %s: got %s, expected %s (%s:%d)\n", current->family, current->name, site.expression,
        got, want, file ? file + 1 : site.file, site.line);
}

static const char* error_name(int error)
{
    const char* name = strerrorname_np(error);
    return name ? name : "unknown errno";
}

bool check_equal(long long got, long long want, struct check_site site)
{
    char g[32], w[32];
    if (got == want)
        return true;
    snprintf(g, sizeof g, got > 0xffff ? "%#llx" : "%lld", got);
    snprintf(w, sizeof w, want > 0xffff ? "%#llx" : "%lld", want);
    fail(site, g, w);
    return false;
}

bool check_range(long long got, long long low, long long high, struct check_site site)
{
    char g[32], w[64];
    if (got >= low && got <= high)
        return true;
    snprintf(g, sizeof g, "%lld", got);
    snprintf(w, sizeof w, "%lld to %lld", low, high);
    fail(site, g, w);
    return false;
}

bool check_string(const char* got, const char* want, struct check_site site)
{
    char g[200], w[200];
    if (got && strcmp(got, want) == 0)
        return true;
    snprintf(g, sizeof g, "\"%s\"", got ? got : "(null)");
    snprintf(w, sizeof w, "\"%s\"", want);
    fail(site, g, w);
    return false;
}

bool check_true(bool got, struct check_site site)
{
    if (!got)
        fail(site, "false", "true");
    return got;
}

long long check_success(long long got, int error, struct check_site site)
{
    char g[64];
    if (got != -1)
        return got;
    snprintf(g, sizeof g, "-1 %s", error_name(error));
    fail(site, g, "success");
    return got;
}

bool check_error(long long got, int error, int want, struct check_site site)
{
    char g[64], w[64];
    if (got == -1 && error == want)
        return true;
    if (got == -1)
        snprintf(g, sizeof g, "-1 %s", error_name(error));
    else
        snprintf(g, sizeof g, "%lld", got);
    snprintf(w, sizeof w, "-1 %s", error_name(want));
    fail(site, g, w);
    return false;
}

// --- a test that faults ----------------------------------------------------------------------------------

static sigjmp_buf after_test;
static pid_t main_thread;
static char fault_stack[65536];

static void on_fault(int signal, siginfo_t* info, void* context)
{
    ucontext_t* frame = context;
    say("not ok %s/%s: got signal %d code %d address %p rip %#llx, expected none (check.c:0)\n",
        current->family, current->name, signal, info->si_code, info->si_addr,
        (unsigned long long)frame->uc_mcontext.gregs[REG_RIP]);
    if (gettid() != main_thread)
        _exit(3); // nothing sensible to return to
    siglongjmp(after_test, 1);
}

static void default_signals(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    stack_t stack = {.ss_sp = fault_stack, .ss_size = sizeof fault_stack};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP)
            signal(i, SIG_DFL);
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// --- choosing and running --------------------------------------------------------------------------------

static bool matches(const struct guest_test* test, const char* pattern)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", test->family, test->name);
    return fnmatch(pattern, test->family, 0) == 0 || fnmatch(pattern, name, 0) == 0;
}

static bool passes(const struct guest_test* test, bool verbose)
{
    int tries = test->flags & TEST_TIMING ? 5 : 1;
    current = test;
    if (verbose)
        say("# %s/%s\n", test->family, test->name);
    while (tries--) {
        muted = tries > 0;
        failures = 0;
        default_signals();
        if (sigsetjmp(after_test, 1) == 0)
            test->run();
        else
            failures++;
        if (failures == 0) {
            say("ok %s/%s\n", test->family, test->name);
            return true;
        }
    }
    if (failures > 20)
        say("# %d more checks failed in %s/%s\n", failures - 20, test->family, test->name);
    return false;
}

struct choice {
    char** patterns; // NULL-terminated
    const char* left_out[64];
    bool verbose, list, kiln, set_clock;
    int rounds;
};

static bool chosen(const struct guest_test* test, const struct choice* choice)
{
    bool wanted = *choice->patterns == NULL;
    if ((test->flags & TEST_KILN_ONLY) && !choice->kiln)
        return false;
    if ((test->flags & TEST_SETS_CLOCK) && !choice->kiln && !choice->set_clock)
        return false;
    for (char** p = choice->patterns; *p; p++)
        wanted = wanted || matches(test, *p);
    for (const char* const* p = choice->left_out; *p; p++)
        if (matches(test, *p))
            return false;
    return wanted;
}

static long free_memory(void)
{
    char line[128];
    long kilobytes = -1;
    FILE* file = fopen("/proc/meminfo", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemFree: %ld kB", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return kilobytes;
}

static int usage(void)
{
    say("usage: guest-tests [-v] [-l] [-n TIMES] [--kiln] [--set-clock] [-x PATTERN]... [PATTERN...]\n");
    return 2;
}

int main(int argc, char** argv)
{
    struct choice choice = {.rounds = 1};
    int ran = 0, failed = 0, left_out = 0, i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-v") == 0)
            choice.verbose = true;
        else if (strcmp(argv[i], "-l") == 0)
            choice.list = true;
        else if (strcmp(argv[i], "--kiln") == 0)
            choice.kiln = true;
        else if (strcmp(argv[i], "--set-clock") == 0)
            choice.set_clock = true;
        else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            choice.rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "-x") == 0 && i + 1 < argc && left_out < 63)
            choice.left_out[left_out++] = argv[++i];
        else
            return usage();
    }
    choice.patterns = argv + i;
    main_thread = gettid();
    for (int round = 1; round <= choice.rounds; round++) {
        for (const struct guest_test* const* t = __start_guest_tests; t < __stop_guest_tests; t++) {
            if (!chosen(*t, &choice))
                continue;
            ran++;
            if (choice.list)
                say("%s/%s\n", (*t)->family, (*t)->name);
            else
                failed += !passes(*t, choice.verbose);
        }
        if (choice.rounds > 1)
            say("# round %d: %ld kB free\n", round, free_memory());
    }
    if (choice.list)
        return 0;
    say("# %d tests, %d failed\n", ran, failed);
    return failed || !ran;
}
