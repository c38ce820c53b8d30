// The list of disks; see block_device.hh.
#include "core/device/block_device.hh"

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
