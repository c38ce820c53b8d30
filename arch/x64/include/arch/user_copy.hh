// The instructions that touch application memory: each may fault, and then stops instead of crashing.
//
// The callers (core/mm/user_access) have checked that the range lies in the application's half. A fault is
// first served like any of the application's (which may sleep); only if that fails does the instruction's
// fix-up end the copy.
#pragma once

#include "core/base/types.hh"

namespace arch
{
inline constexpr u64 word_faulted = ~u64{0};

extern "C" {
/// Copies; returns the number of bytes at the end that could NOT be copied (0 = all).
size_t copy_user(void* to, const void* from, size_t bytes);

/// Clears; returns the number of bytes that could not be cleared.
size_t clear_user(void* to, size_t bytes);

/// Length of the string at `from`, at most `limit`; limit + 1 if a fault came first.
size_t string_length_user(const char* from, size_t limit);

/// False: the access faulted.
bool store_user_u16(u16* to, u16 value);

/// Atomic operations on application words: what was there, or word_faulted.
u64 load_user_u32(const u32* from);
u64 exchange_user_u32(u32* where, u32 value);
u64 compare_exchange_user_u32(u32* where, u32 expected, u32 desired);
}

/// While it lives, faults of this thread's user copies are not served by sleeping but end the copy at once;
/// for copies under spinlocks (copy_nofault).
class no_fault_scope
{
  public:
    no_fault_scope();
    ~no_fault_scope();
    no_fault_scope(const no_fault_scope&) = delete;
    no_fault_scope& operator=(const no_fault_scope&) = delete;
};
} // namespace arch
