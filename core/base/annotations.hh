// Names for clang's thread-safety analysis, which scripts/check runs over the whole kernel.
// Source: clang.llvm.org, Thread Safety Analysis. g++ ignores them.
#pragma once

#ifdef __clang__
#define KILN_TSA(x) __attribute__((x))
#else
#define KILN_TSA(x)
#endif

#define CAPABILITY(name) KILN_TSA(capability(name))
#define SCOPED_CAPABILITY KILN_TSA(scoped_lockable)
#define GUARDED_BY(lock) KILN_TSA(guarded_by(lock))
#define PT_GUARDED_BY(lock) KILN_TSA(pt_guarded_by(lock))
#define REQUIRES(...) KILN_TSA(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) KILN_TSA(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) KILN_TSA(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) KILN_TSA(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) KILN_TSA(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) KILN_TSA(release_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) KILN_TSA(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) KILN_TSA(locks_excluded(__VA_ARGS__))
#define ASSERT_CAPABILITY(x) KILN_TSA(assert_capability(x))
#define RETURN_CAPABILITY(x) KILN_TSA(lock_returned(x))
#define NO_THREAD_SAFETY_ANALYSIS KILN_TSA(no_thread_safety_analysis)
