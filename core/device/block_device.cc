// What every disk can do by its simpler functions, and the list of disks; see block_device.hh.
#include "core/device/block_device.hh"

result<void> block_device::read_pieces(u64 first_sector, std::span<const std::span<std::byte>> pieces)
{
    for (const auto piece : pieces) {
        TRY(read(first_sector, piece));
        first_sector += piece.size() / sector_size;
    }
    return {};
}

result<void> block_device::write_pieces(u64 first_sector, std::span<const std::span<const std::byte>> pieces)
{
    for (const auto piece : pieces) {
        TRY(write(first_sector, piece));
        first_sector += piece.size() / sector_size;
    }
    return {};
}

namespace block_devices
{
namespace
{
constinit registry<block_device> devices;
}

void add(block_device& device)
{
    devices.add(device);
}

block_device* nth(size_t n)
{
    return devices.nth(n);
}
} // namespace block_devices
