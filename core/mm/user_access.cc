#include "core/mm/user_access.hh"

#include "arch/user_copy.hh"
#include "core/mm/address_space.hh"
#include "core/mm/layout.hh"
#include "core/sched/assert_context.hh"
#include "core/sched/thread.hh"

namespace mm
{
namespace
{
void* pointer(virt_addr a)
{
    return reinterpret_cast<void*>(a.value);
}

size_t copy_in(void* to, virt_addr from, size_t bytes)
{
    return is_application_range(from, bytes) ? bytes - arch::copy_user(to, pointer(from), bytes) : 0;
}

size_t copy_out(virt_addr to, const void* from, size_t bytes)
{
    return is_application_range(to, bytes) ? bytes - arch::copy_user(pointer(to), from, bytes) : 0;
}

result<void> check_word(virt_addr word)
{
    if (!is_aligned(word.value, sizeof(u32)))
        return fail(errc::einval);
    if (!is_application_range(word, sizeof(u32)))
        return fail(errc::efault);
    return {};
}
} // namespace

size_t copy_from_user_partial(void* to, virt_addr from, size_t bytes)
{
    sched::assert_may_block();
    return copy_in(to, from, bytes);
}

size_t copy_to_user_partial(virt_addr to, const void* from, size_t bytes)
{
    sched::assert_may_block();
    return copy_out(to, from, bytes);
}

result<void> copy_from_user(void* to, virt_addr from, size_t bytes)
{
    sched::assert_may_block();
    if (!is_application_range(from, bytes) || arch::copy_user(to, pointer(from), bytes) != 0) [[unlikely]]
        return fail(errc::efault);
    return {};
}

result<void> copy_to_user(virt_addr to, const void* from, size_t bytes)
{
    sched::assert_may_block();
    if (!is_application_range(to, bytes) || arch::copy_user(pointer(to), from, bytes) != 0) [[unlikely]]
        return fail(errc::efault);
    return {};
}

result<void> store_user_u16(virt_addr to, u16 value)
{
    sched::assert_may_block();
    if (!is_application_range(to, sizeof value) ||
        !arch::store_user_u16(static_cast<u16*>(pointer(to)), value)) [[unlikely]]
        return fail(errc::efault);
    return {};
}

result<void> clear_user(virt_addr to, size_t bytes)
{
    sched::assert_may_block();
    if (!is_application_range(to, bytes) || arch::clear_user(pointer(to), bytes) != 0) [[unlikely]]
        return fail(errc::efault);
    return {};
}

size_t copy_from_user_nofault(void* to, virt_addr from, size_t bytes)
{
    arch::no_fault_scope scope;
    return copy_in(to, from, bytes);
}

size_t copy_to_user_nofault(virt_addr to, const void* from, size_t bytes)
{
    arch::no_fault_scope scope;
    return copy_out(to, from, bytes);
}

result<size_t> read_user_string(virt_addr from, char* to, size_t capacity)
{
    if (!is_application_range(from, 1))
        return fail(errc::efault);
    const size_t room = application_end - from; // a string may end at the top of the half
    const size_t limit = capacity < room ? capacity : room;
    const size_t length = arch::string_length_user(static_cast<const char*>(pointer(from)), limit);
    if (length > limit)
        return fail(errc::efault);
    if (length == limit)
        return fail(limit == capacity ? errc::enametoolong : errc::efault);
    TRY(copy_from_user(to, from, length + 1));
    to[length] = 0; // whatever another thread has made of it meanwhile
    return length;
}

result<void> fault_in(virt_addr start, size_t bytes, access wanted)
{
    if (!is_application_range(start, bytes))
        return fail(errc::efault);
    address_space* space = sched::current().address_space();
    if (!space)
        return fail(errc::efault);
    for (virt_addr page = start.page(); page < start + bytes; page += page_size)
        if (space->fault(page, wanted) != fault_result::handled)
            return fail(errc::efault);
    return {};
}

namespace
{
result<u32> value_or_fault(u64 answer)
{
    if (answer == arch::word_faulted) [[unlikely]]
        return fail(errc::efault);
    return static_cast<u32>(answer);
}
} // namespace

result<u32> load_user_u32(virt_addr word)
{
    TRY(check_word(word));
    return value_or_fault(arch::load_user_u32(static_cast<u32*>(pointer(word))));
}

result<u32> exchange_user_u32(virt_addr word, u32 value)
{
    TRY(check_word(word));
    return value_or_fault(arch::exchange_user_u32(static_cast<u32*>(pointer(word)), value));
}

result<u32> compare_exchange_user_u32(virt_addr word, u32 expected, u32 desired)
{
    TRY(check_word(word));
    return value_or_fault(
        arch::compare_exchange_user_u32(static_cast<u32*>(pointer(word)), expected, desired));
}
} // namespace mm
