// Application memory on the host: plain copies that stop at the declared unmapped range.
#include "arch/user_copy.hh"

#include <algorithm>
#include <cstring>

namespace
{
u64 hole_begin = 0;
u64 hole_end = 0;

/// Bytes from `address` that may be touched, at most `bytes`.
size_t accessible(const void* address, size_t bytes)
{
    const auto begin = reinterpret_cast<u64>(address);
    if (begin + bytes <= hole_begin || begin >= hole_end)
        return bytes;
    return begin >= hole_begin ? 0 : static_cast<size_t>(hole_begin - begin);
}
} // namespace

namespace host_test
{
void set_unmapped_range(const void* address, size_t bytes)
{
    hole_begin = bytes ? reinterpret_cast<u64>(address) : 0;
    hole_end = hole_begin + bytes;
}
} // namespace host_test

namespace arch
{
size_t copy_user(void* to, const void* from, size_t bytes)
{
    const size_t n = std::min(accessible(to, bytes), accessible(from, bytes));
    std::memcpy(to, from, n);
    return bytes - n;
}
size_t clear_user(void* to, size_t bytes)
{
    const size_t n = accessible(to, bytes);
    std::memset(to, 0, n);
    return bytes - n;
}
size_t string_length_user(const char* from, size_t limit)
{
    const size_t readable = accessible(from, limit + 1);
    const size_t length = strnlen(from, std::min(readable, limit));
    return length < readable ? length : limit + 1;
}
bool store_user_u16(u16* to, u16 value)
{
    if (accessible(to, sizeof value) < sizeof value)
        return false;
    std::memcpy(to, &value, sizeof value);
    return true;
}
u64 load_user_u32(const u32* from)
{
    return accessible(from, 4) < 4 ? word_faulted : __atomic_load_n(from, __ATOMIC_SEQ_CST);
}
u64 exchange_user_u32(u32* where, u32 value)
{
    return accessible(where, 4) < 4 ? word_faulted : __atomic_exchange_n(where, value, __ATOMIC_SEQ_CST);
}
u64 compare_exchange_user_u32(u32* where, u32 expected, u32 desired)
{
    if (accessible(where, 4) < 4)
        return word_faulted;
    __atomic_compare_exchange_n(where, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
} // namespace arch
