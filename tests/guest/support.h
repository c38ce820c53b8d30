// What several families of guest tests need: scratch files, clocks, threads, and faults that are caught.
#pragma once

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PAGE = 4096 };

// A path in this run's own folder below TMPDIR (/tmp): valid until the eighth call after this one.
const char* scratch(const char* name);
// A new file there with this content, open for reading and writing; -1 if that failed.
int scratch_file(const char* name, const char* content);
// Removes what is at that path, whatever it is, folders with all they hold.
void remove_tree(const char* path);

int64_t clock_ns(clockid_t clock);
struct timespec timespec_of(int64_t nanoseconds);
void sleep_ms(int milliseconds);
// Waits until *word is want; gives up after ten seconds and says so.
bool wait_for(const int* word, int want);
// Gives another thread the time to go to sleep in the kernel.
void let_it_block(void);

pthread_t start_thread(void* (*body)(void*), void* argument);

// An anonymous private mapping with PROT_READ|PROT_WRITE; NULL if that failed.
char* map_pages(size_t pages);

// What a statement did to its thread; signal 0 = nothing.
struct fault {
    int signal;
    int code;
    void* address;
    uint64_t rip;
    uint64_t error; // the page-fault error code, REG_ERR
};

sigjmp_buf* fault_begin(void);
struct fault fault_end(void);
struct fault fault_none(void);

// Runs statements and says which signal they raised: struct fault f = FAULT(*p = 1);
#define FAULT(...)                                                                                           \
    (sigsetjmp(*fault_begin(), 1) == 0 ? ({                                                                  \
        __VA_ARGS__;                                                                                         \
        fault_none();                                                                                        \
    })                                                                                                       \
                                       : fault_end())

#ifdef __cplusplus
}
#endif
