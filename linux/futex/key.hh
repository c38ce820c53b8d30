// What makes two futex words the same: private ones by address space and address, shared ones by the memory
// object behind the mapping and the offset in it. Source: futex(2), FUTEX_PRIVATE_FLAG.
#pragma once

#include "core/base/result.hh"
#include "core/base/types.hh"
#include "core/mm/layout.hh"
#include "linux/task/program.hh"

namespace linux
{
struct futex_key {
    const void* object = nullptr; // only compared, never followed
    u64 offset = 0;

    bool operator==(const futex_key&) const = default;
};

enum class futex_scope : u8 { private_to_program, shared };

/// Errors: efault if it is not mapped.
result<futex_key> make_shared_futex_key(mm::address_space& space, virt_addr word);

/// Errors: einval if the word is not aligned, efault if it is no address of the application.
inline result<void> check_futex_word(virt_addr word)
{
    if (!is_aligned(word.value, sizeof(u32))) [[unlikely]]
        return fail(errc::einval);
    if (!mm::is_application_range(word, sizeof(u32))) [[unlikely]]
        return fail(errc::efault);
    return {};
}

inline futex_key private_futex_key(program& owner, virt_addr word)
{
    return {&owner.address_space(), word.value};
}

/// Errors: those of check_futex_word(), efault if a shared one is not mapped.
inline result<futex_key> make_futex_key(program& owner, virt_addr word, futex_scope scope)
{
    TRY(check_futex_word(word));
    if (scope == futex_scope::shared)
        return make_shared_futex_key(owner.address_space(), word);
    return private_futex_key(owner, word);
}

/// Mixes a key to a bucket number below `count`, a power of two.
constexpr size_t hash_futex_key(u64 object, u64 offset, size_t count)
{
    // Fibonacci hashing: the product's upper bits depend on all lower bits; words are 4 bytes apart.
    constexpr u64 golden_ratio = 0x9e3779b97f4a7c15;
    const u64 mixed = ((object >> 4) ^ (offset >> 2)) * golden_ratio;
    return static_cast<size_t>(mixed >> 40) & (count - 1);
}
} // namespace linux
