#include "fs/vfs/device.hh"

#include <atomic>

#include "fs/vfs/file.hh"

namespace vfs
{
namespace
{
constinit std::atomic<device_type*> first_type{nullptr};
}

void register_device(device_type& type)
{
    type.next = first_type.load(std::memory_order_relaxed);
    // The release pairs with open_device(): who finds the type finds `next` set.
    while (!first_type.compare_exchange_weak(type.next, &type, std::memory_order_release))
        ;
}

result<ref_ptr<file>> open_device(file_type type, device_number number, const path& where, u32 flags)
{
    for (auto* t = first_type.load(std::memory_order_acquire); t; t = t->next)
        if (t->type == type && t->major == number.major && number.minor >= t->first_minor &&
            number.minor - t->first_minor < t->minor_count)
            return t->open(number, where, flags);
    return fail(errc::enxio);
}
} // namespace vfs
