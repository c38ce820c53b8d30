// Application memory in host tests is ordinary memory, except what tests declare as unmapped.
#pragma once

#include "core/base/types.hh"

namespace arch
{
size_t copy_user(void* to, const void* from, size_t bytes);
size_t clear_user(void* to, size_t bytes);
size_t string_length_user(const char* from, size_t limit);
inline constexpr u64 word_faulted = ~u64{0};
bool store_user_u16(u16* to, u16 value);
u64 load_user_u32(const u32* from);
u64 exchange_user_u32(u32* where, u32 value);
u64 compare_exchange_user_u32(u32* where, u32 expected, u32 desired);

class no_fault_scope
{
  public:
    no_fault_scope() {}
    ~no_fault_scope() {}
    no_fault_scope(const no_fault_scope&) = delete;
    no_fault_scope& operator=(const no_fault_scope&) = delete;
};
} // namespace arch

namespace host_test
{
/// Accesses that touch [address, address + bytes) fail from now on; bytes = 0 ends that.
void set_unmapped_range(const void* address, size_t bytes);
} // namespace host_test
