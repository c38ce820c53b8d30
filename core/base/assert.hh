// What is always true, and what to do when it is not.
//
// assert() holds in debug builds only and is for the kernel's own logic; ensure() holds in every build.
// Neither may depend on what an application, a device, a disk or a packet says: those are error values
// (result.hh).
#pragma once

/// Prints the message and a backtrace, then stops the machine. Never returns; callable from any context.
[[noreturn]] void panic(const char* message);
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

#define ensure(expression)                                                                                   \
    (__builtin_expect(static_cast<bool>(expression), 1) ? void(0)                                            \
                                                        : assertion_failed(#expression, __FILE__, __LINE__))

#undef assert
#ifdef KILN_DEBUG
#define assert(expression) ensure(expression)
#else
#define assert(expression) ((void)sizeof(static_cast<bool>(expression)))
#endif
