// Application memory of io_buffer on the host: what arch/user_copy.hh of the tests lets through.
#include "core/mm/user_access.hh"

#include "arch/user_copy.hh"

namespace mm
{
size_t copy_to_user_partial(virt_addr to, const void* from, size_t bytes)
{
    return bytes - arch::copy_user(reinterpret_cast<void*>(to.value), from, bytes);
}
size_t copy_from_user_partial(void* to, virt_addr from, size_t bytes)
{
    return bytes - arch::copy_user(to, reinterpret_cast<const void*>(from.value), bytes);
}
} // namespace mm
