// The frame of every guest test: an ordinary Linux program that checks itself.
//
//     TEST(files, open_missing)
//     {
//         CHECK_ERR(open("/nowhere", O_RDONLY), ENOENT);
//     }
//
// A test registers itself in a linker section; check.c holds main(), which runs the tests whose names its
// arguments match (all, if there are none) and prints `ok FAMILY/NAME` for each one that passed and
// `not ok FAMILY/NAME EXPRESSION: got X, expected Y (FILE:LINE)` for each check that failed. Exit status 0
// means that all passed. Linux is the oracle: what fails there is a wrong test.
//
// Limits: no fork, no exec; checks may be made from any thread; a test that is hit by an unexpected fatal
// signal counts as failed and the next one runs.
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum test_flags {
    TEST_KILN_ONLY = 1,  // asserts what only Kiln does; run with --kiln
    TEST_TIMING = 2,     // measures: repeated up to five times until it passes
    TEST_SETS_CLOCK = 4, // moves the machine's wall clock; run with --kiln or, as root, with --set-clock
};

struct guest_test {
    const char* family;
    const char* name;
    void (*run)(void);
    unsigned flags;
};

#define TEST_IF(flags, family, name)                                                                         \
    static void test_##family##_##name(void);                                                                \
    static const struct guest_test info_##family##_##name = {#family, #name, test_##family##_##name, flags}; \
    __attribute__((section("guest_tests"),                                                                   \
                   used)) static const struct guest_test* const entry_##family##_##name =                    \
        &info_##family##_##name;                                                                             \
    static void test_##family##_##name(void)
#define TEST(family, name) TEST_IF(0, family, name)

// Where a check stands, for its message.
struct check_site {
    const char* expression;
    const char* file;
    int line;
};
#define CHECK_SITE(text) ((struct check_site){text, __FILE__, __LINE__})

bool check_equal(long long got, long long want, struct check_site site);
bool check_range(long long got, long long low, long long high, struct check_site site);
bool check_string(const char* got, const char* want, struct check_site site);
bool check_true(bool got, struct check_site site);
long long check_success(long long got, int error, struct check_site site);
bool check_error(long long got, int error, int want, struct check_site site);

// All are expressions that say whether the check passed, but CHECK_OK, which is the call's own value.
#define CHECK(condition) check_true((condition), CHECK_SITE(#condition))
#define CHECK_EQ(got, want) check_equal((long long)(got), (long long)(want), CHECK_SITE(#got))
#define CHECK_RANGE(got, low, high)                                                                          \
    check_range((long long)(got), (long long)(low), (long long)(high), CHECK_SITE(#got))
#define CHECK_STR(got, want) check_string((got), (want), CHECK_SITE(#got))
// A call that returns -1 and sets errno when it fails.
#define CHECK_OK(call)                                                                                       \
    ({                                                                                                       \
        errno = 0;                                                                                           \
        __typeof__(call) check_value = (call);                                                               \
        check_success((long long)check_value, errno, CHECK_SITE(#call));                                     \
        check_value;                                                                                         \
    })
#define CHECK_ERR(call, want)                                                                                \
    ({                                                                                                       \
        errno = 0;                                                                                           \
        long long check_value = (long long)(call);                                                           \
        check_error(check_value, errno, (want), CHECK_SITE(#call));                                          \
    })
// Leaves the test when what the rest of it stands on is missing.
#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!check_true((condition), CHECK_SITE(#condition)))                                                \
            return;                                                                                          \
    } while (0)

#ifdef __cplusplus
}
#endif
