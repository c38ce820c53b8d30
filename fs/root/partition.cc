#include "fs/root/partition.hh"

#include <array>
#include <cstring>

#include "core/base/make_unique.hh"

namespace vfs
{
namespace
{
constexpr size_t table_offset = 446, signature_offset = 510;
constexpr size_t entry_count = 4;
constexpr u8 linux_type = 0x83;

struct partition_entry {
    u8 status;
    u8 first_cylinder_head_sector[3];
    u8 type;
    u8 last_cylinder_head_sector[3];
    u32 first_sector;
    u32 sectors;
};
static_assert(sizeof(partition_entry) == 16);
} // namespace

result<disk_range> first_linux_partition(block_device& disk)
{
    auto sector = TRY(try_make_unique<std::byte[]>(block_device::sector_size));
    TRY(disk.read(0, {sector.get(), block_device::sector_size}));
    if (sector[signature_offset] != std::byte{0x55} || sector[signature_offset + 1] != std::byte{0xaa})
        return fail(errc::enoent);
    std::array<partition_entry, entry_count> entries;
    std::memcpy(entries.data(), sector.get() + table_offset, sizeof entries);
    for (const auto& e : entries)
        if (e.type == linux_type && e.sectors > 0 && u64{e.first_sector} + e.sectors <= disk.sector_count())
            return disk_range{u64{e.first_sector} * block_device::sector_size,
                              u64{e.sectors} * block_device::sector_size};
    return fail(errc::enoent);
}
} // namespace vfs
