// Questions about an address space: what lies where, how much there is.
#include <algorithm>
#include <string_view>

#include "core/log.hh"
#include "core/mm/address_space.hh"

namespace mm
{
namespace
{
size_t name_of(const area& a, char* buffer, size_t length)
{
    if (a.object())
        return a.object()->name(buffer, length);
    return klog::format(buffer, length, "{}", a.attributes().name ? a.attributes().name : "anonymous memory");
}
} // namespace

size_t address_space::describe(virt_addr address, char* buffer, size_t length)
{
    if (!_lock.try_lock())
        return klog::format(buffer, length, "the map is in use");
    size_t written = 0;
    if (const area* a = find(address)) {
        written = name_of(*a, buffer, length);
        const u64 offset = a->object() ? a->offset() + (address - a->start()) : address - a->start();
        written += klog::format(buffer + written, length - written, "+{x}", offset);
    } else {
        written = klog::format(buffer, length, "nothing is mapped there");
    }
    _lock.unlock();
    return written;
}

result<address_space::shared_place> address_space::find_shared(virt_addr address)
{
    lock_guard guard{_lock};
    const area* a = find(address);
    if (!a)
        return fail(errc::efault);
    shared_place place;
    if (a->object() && a->attributes().shared) {
        place.object = ref_ptr<memory_object>(*a->object());
        place.offset = a->offset() + (address - a->start());
    }
    return place;
}

memory_usage address_space::usage()
{
    lock_guard guard{_lock};
    _areas.tidy();
    memory_usage u;
    u.mapped_pages = _areas.mapped_bytes() >> page_shift;
    u.resident_pages = resident_pages();
    u.peak_resident_pages = _peak_resident_pages = std::max(_peak_resident_pages, u.resident_pages);
    u.area_count = _areas.size();
    for (const area& a : _areas) {
        const auto& attributes = a.attributes();
        const u64 pages = a.length() >> page_shift;
        if (attributes.locked)
            u.locked_pages += pages;
        if (attributes.grows_down || attributes.stack)
            u.stack_pages += pages;
        else if (!attributes.shared && has(attributes.rights, protection::write))
            u.data_pages += pages;
        if (has(attributes.rights, protection::execute))
            u.executable_pages += pages;
    }
    return u;
}
} // namespace mm
