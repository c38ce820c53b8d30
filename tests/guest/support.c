// See support.h.
#include "support.h"
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

// --- files -----------------------------------------------------------------------------------------------

static char scratch_folder[256];

static void remove_scratch(void)
{
    remove_tree(scratch_folder);
}

const char* scratch(const char* name)
{
    static _Thread_local char ring[8][512];
    static _Thread_local unsigned next;
    char* path = ring[next++ % 8];
    if (!*scratch_folder) {
        const char* base = getenv("TMPDIR");
        snprintf(scratch_folder, sizeof scratch_folder, "%s/guest-tests-%d", base ? base : "/tmp", getpid());
        mkdir(scratch_folder, 0755);
        atexit(remove_scratch);
    }
    snprintf(path, sizeof ring[0], "%s/%s", scratch_folder, name);
    return path;
}

int scratch_file(const char* name, const char* content)
{
    const char* path = scratch(name);
    size_t length = strlen(content);
    remove_tree(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
    if (fd >= 0 && length && write(fd, content, length) != (ssize_t)length) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

void remove_tree(const char* path)
{
    if (unlink(path) == 0 || (errno != EISDIR && errno != EPERM))
        return;
    DIR* folder = opendir(path);
    for (struct dirent* entry; folder && (entry = readdir(folder));) {
        char inner[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        remove_tree(inner);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

// --- time and threads ------------------------------------------------------------------------------------

int64_t clock_ns(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

struct timespec timespec_of(int64_t nanoseconds)
{
    struct timespec t = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return t;
}

void sleep_ms(int milliseconds)
{
    struct timespec t = timespec_of(milliseconds * INT64_C(1000000));
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        continue;
}

bool wait_for(const int* word, int want)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + 10 * INT64_C(1000000000);
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != want) {
        if (clock_ns(CLOCK_MONOTONIC) > end)
            return CHECK_EQ(*word, want);
        sched_yield();
    }
    return true;
}

void let_it_block(void)
{
    sleep_ms(20);
}

pthread_t start_thread(void* (*body)(void*), void* argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    if (!CHECK_EQ(error, 0))
        exit(1); // what follows would only hang
    return thread;
}

char* map_pages(size_t pages)
{
    void* p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : (char*)p;
}

// --- faults ----------------------------------------------------------------------------------------------

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum { FAULT_SIGNALS = sizeof fault_signals / sizeof *fault_signals };
static struct sigaction saved[FAULT_SIGNALS];
static _Thread_local sigjmp_buf fault_return;
static _Thread_local struct fault last_fault;

static void on_fault(int signal, siginfo_t* info, void* context)
{
    const greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    last_fault = (struct fault){signal, info->si_code, info->si_addr, (uint64_t)registers[REG_RIP],
                                (uint64_t)registers[REG_ERR]};
    siglongjmp(fault_return, 1);
}

sigjmp_buf* fault_begin(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (int i = 0; i < FAULT_SIGNALS; i++)
        sigaction(fault_signals[i], &action, &saved[i]);
    return &fault_return;
}

struct fault fault_end(void)
{
    for (int i = 0; i < FAULT_SIGNALS; i++)
        sigaction(fault_signals[i], &saved[i], NULL);
    return last_fault;
}

struct fault fault_none(void)
{
    last_fault = (struct fault){0};
    return fault_end();
}
