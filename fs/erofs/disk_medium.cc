#include "fs/erofs/disk_medium.hh"

namespace erofs
{
result<void> disk_medium::read_data(u64 offset, std::span<std::byte> to)
{
    // The device takes whole sectors; what a file's end leaves of the last one goes through the cache.
    const bool aligned = is_aligned(offset, block_device::sector_size);
    const size_t whole = aligned ? align_down(to.size(), block_device::sector_size) : 0;
    if (whole)
        TRY(_cache->read_uncached(offset, to.first(whole)));
    if (whole < to.size())
        TRY(_cache->read_bytes(offset + whole, to.subspan(whole)));
    return {};
}
} // namespace erofs
