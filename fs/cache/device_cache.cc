#include "fs/cache/device_cache.hh"

#include <algorithm>
#include <cstring>

namespace cache
{
result<void> device_cache::read_uncached(u64 offset, std::span<std::byte> to)
{
    if (offset > _length || to.size() > _length - offset)
        return fail(errc::eio);
    return _device.read((_first + offset) / block_device::sector_size, to);
}

result<void> device_cache::read_pages(u64 first_index, std::span<std::byte> pages)
{
    const u64 offset = first_index << page_shift;
    const auto length = static_cast<size_t>(std::min<u64>(pages.size(), _length - offset));
    TRY(read_uncached(offset, pages.first(length)));
    std::memset(pages.data() + length, 0, pages.size() - length);
    return {};
}

result<void> device_cache::read_bytes(u64 offset, std::span<std::byte> to)
{
    if (offset > _length || to.size() > _length - offset)
        return fail(errc::eio);
    auto buffer = io_buffer::of_kernel(to);
    if (TRY(read(offset, buffer)) < to.size())
        return fail(errc::eio);
    return {};
}

size_t device_cache::describe(char* buffer, size_t length) const
{
    return _device.name().copy(buffer, length);
}
} // namespace cache
